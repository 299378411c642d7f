// Package imports holds the test that keeps the packages' imports going one
// way: cmd → registration → component → transports and store.
package imports

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "wherry/"

// layer is what the packages of a pattern may import of this module.
type layer struct {
	pattern string
	may     []string
	tests   []string // and its tests also these
}

// layers says what of this module each package may import. The first row whose
// pattern fits a package counts; "x/..." is x and all below it. Whatever the
// row, a package may import what lies below itself.
var layers = []layer{
	{"transports", nil, nil},
	{"transports/dial", []string{"transports"}, nil},
	{"transports/transporttest", []string{"transports"}, nil},
	{"transports/...", []string{"transports", "transports/dial", "its network"}, []string{"transports/transporttest", "transports/dial/sockstest"}},
	{"store/...", nil, []string{"store/..."}},
	{"component/jid", nil, nil},
	{"component/stanza", []string{"component/jid"}, nil},
	{"component/stream", []string{"component/jid", "component/stanza"}, []string{"component/componenttest"}},
	{"component/...", []string{"component/...", "transports", "transports/dial", "store"}, []string{"transports/transporttest"}},
	{"registration/...", []string{"registration/...", "component/...", "transports", "store"}, []string{"transports/transporttest"}},
	{"cmd/...", []string{"cmd/...", "registration", "component/...", "transports/...", "store"}, nil},
}

// listed is what go list tells of a package.
type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func TestImportDirection(t *testing.T) {
	t.Parallel()
	for _, p := range list(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		i := slices.IndexFunc(layers, func(l layer) bool { return fits(l.pattern, name) })
		if i < 0 {
			t.Errorf("%s belongs to no layer", name)
			continue
		}
		check(t, name, p.Imports, layers[i].may)
		notForTests(t, name, p.Imports)
		own := append(slices.Clone(layers[i].may), layers[i].tests...)
		check(t, name, append(p.TestImports, p.XTestImports...), append(own, name+"/..."))
		if name == "transports" {
			onlyStandard(t, p.Imports)
		}
	}
}

func list(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var packages []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	if len(packages) < 3 {
		t.Fatalf("go list found only %d packages", len(packages))
	}
	return packages
}

func check(t *testing.T, name string, imports, may []string) {
	t.Helper()
	for _, imported := range imports {
		target, ours := strings.CutPrefix(imported, module)
		if !ours || fits(name+"/...", target) {
			continue
		}
		if !slices.ContainsFunc(may, func(pattern string) bool {
			if pattern == "its network" {
				pattern = network(name) + "/..."
			}
			return fits(pattern, target)
		}) {
			t.Errorf("%s must not import %s", name, target)
		}
	}
}

// shown are the stand-ins for networks that programs show, or run.
var shown = map[string][]string{
	"cmd/wherry-demo":     {"transports/sms/twiliotest", "transports/irc/ircv3test"},
	"cmd/internal/ircv3d": {"transports/irc/ircv3test"},
}

// notForTests: what is made for tests stays out of the programs.
func notForTests(t *testing.T, name string, imports []string) {
	t.Helper()
	for _, imported := range imports {
		target, ours := strings.CutPrefix(imported, module)
		if ours && strings.HasSuffix(target, "test") && !strings.HasSuffix(name, "test") && !slices.Contains(shown[name], target) {
			t.Errorf("%s must not import %s outside of its tests", name, imported)
		}
	}
}

// network is the package of the network that name belongs to: its fake imports
// it.
func network(name string) string {
	parts := strings.SplitN(name, "/", 3)
	return parts[0] + "/" + parts[1]
}

// onlyStandard: the contract has no dependency at all.
func onlyStandard(t *testing.T, imports []string) {
	t.Helper()
	for _, imported := range imports {
		if first, _, _ := strings.Cut(imported, "/"); strings.Contains(first, ".") {
			t.Errorf("transports must not import %s", imported)
		}
	}
}

func fits(pattern, name string) bool {
	if root, below := strings.CutSuffix(pattern, "/..."); below {
		return name == root || strings.HasPrefix(name, root+"/")
	}
	return name == pattern
}

func TestFits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"transports", "transports", true},
		{"transports", "transports/irc", false},
		{"transports/...", "transports", true},
		{"transports/...", "transports/irc/irctest", true},
		{"store/...", "storefront", false},
	} {
		if got := fits(c.pattern, c.name); got != c.want {
			t.Errorf("fits(%q, %q) = %v", c.pattern, c.name, got)
		}
	}
	if got := network("transports/irc/irctest"); got != "transports/irc" {
		t.Errorf("network: %q", got)
	}
}
