package config

import (
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// place is where a key stands in the text.
type place struct{ line, column int }

// places maps each key that the text sets, and each section, to its place. The
// keys of the second component begin with "component[1].".
type places map[string]place

// places finds the keys of a text that decoded well.
func (s source) places() places {
	found := places{}
	p := unstable.Parser{}
	p.Reset([]byte(s.text))
	section, components := "", -1
	for p.NextExpression() {
		e := p.Expression()
		var path []string
		var at place
		for key := e.Key(); key.Next(); {
			path = append(path, string(key.Node().Data))
			start := p.Shape(key.Node().Raw).Start
			at = place{start.Line, start.Column}
		}
		if e.Kind == unstable.ArrayTable && len(path) == 1 {
			components++
		}
		if e.Kind != unstable.KeyValue {
			section = indexed(path, components)
			found.add(section, at)
			continue
		}
		key := indexed(path, components)
		if section != "" {
			key = section + "." + strings.Join(path, ".")
		}
		found.add(key, at)
		found.inline(key, e.Value(), at)
	}
	return found
}

// add notes a key and the sections that it opens on the way.
func (f places) add(key string, at place) {
	for ; key != ""; key = parent(key) {
		if _, ok := f[key]; !ok {
			f[key] = at
		}
	}
}

// inline notes the keys of an inline table.
func (f places) inline(key string, value *unstable.Node, at place) {
	if value.Kind != unstable.InlineTable {
		return
	}
	for inner := value.Children(); inner.Next(); {
		n := inner.Node()
		if n.Kind != unstable.KeyValue {
			continue
		}
		name := key
		for part := n.Key(); part.Next(); {
			name += "." + string(part.Node().Data)
		}
		f.add(name, at)
		f.inline(name, n.Value(), at)
	}
}

// indexed joins a path, and numbers its component.
func indexed(path []string, components int) string {
	if path[0] == "component" && components >= 0 {
		path = append([]string{componentKey(components)}, path[1:]...)
	}
	return strings.Join(path, ".")
}

func componentKey(i int) string { return fmt.Sprintf("component[%d]", i) }
