package imports

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	ruleRow   = regexp.MustCompile(`^\| ((?:SMS|IRC|MAIL)-[A-Z][0-9]+) \| (.*) \|(.*)\|$`)
	ruleLabel = regexp.MustCompile(`(SMS|IRC|MAIL)-[A-Z][0-9]+`)
	ruleTest  = regexp.MustCompile("`([^`]*)`")
)

// rules are how many rules there are in each page of docs, by their letter:
// SMS-A1 to SMS-A6, and so on.
var rules = map[string]map[string]int{
	"sms-rules.md": {"SMS-A": 6, "SMS-R": 6, "SMS-S": 11, "SMS-D": 5, "SMS-I": 13, "SMS-G": 3, "SMS-X": 7},
	"irc-rules.md": {"IRC-M": 19, "IRC-B": 60},
	"email-rules.md": {
		"MAIL-T": 13, "MAIL-A": 8, "MAIL-I": 5, "MAIL-H": 6, "MAIL-X": 6, "MAIL-P": 2, "MAIL-D": 5, "MAIL-S": 5, "MAIL-E": 4, "MAIL-L": 4,
		"MAIL-F": 6, "MAIL-V": 6, "MAIL-C": 2, "MAIL-M": 3, "MAIL-O": 2, "MAIL-K": 5, "MAIL-N": 3, "MAIL-R": 10,
	},
}

// untested is how many rows of a page may have no test, with their reason.
var untested = map[string]int{"irc-rules.md": 5, "email-rules.md": 5}

// TestRules holds the pages of rules to the tests: each that they name is there,
// and cites the rule; each rule has one, or is not built.
func TestRules(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	cited := citations(t, root)
	for page, letters := range rules {
		t.Run(page, func(t *testing.T) { checkRules(t, filepath.Join(root, "docs", page), letters, untested[page], cited) })
	}
}

func checkRules(t *testing.T, page string, rules map[string]int, untested int, cited map[string][]string) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	seen, bare := map[string]int{}, 0
	for line := range strings.Lines(string(text)) {
		row := ruleRow.FindStringSubmatch(strings.TrimSpace(line))
		if row == nil {
			if label := ruleLabel.FindString(line); label != "" {
				t.Errorf("%s is in a line that is no row of a table", label)
			}
			continue
		}
		label, what := row[1], row[2]
		proof, also, _ := strings.Cut(row[3], "also ")
		seen[label]++
		for _, name := range named(proof) {
			if labels, ok := cited[name]; !ok {
				t.Errorf("%s: there is no test %s", label, name)
			} else if !slices.Contains(labels, label) {
				t.Errorf("%s: %s does not cite it", label, name)
			}
		}
		for _, name := range named(also) {
			if _, ok := cited[name]; !ok {
				t.Errorf("%s: there is no test %s", label, name)
			}
		}
		if len(named(row[3])) > 0 {
			continue
		}
		bare++
		if !strings.Contains(what, "**Not built**") && !strings.Contains(what, "**No test**:") {
			t.Errorf("%s: no test proves it", label)
		}
	}
	if bare > untested {
		t.Errorf("%d rows have no test, no more than %d may", bare, untested)
	}
	for letter, most := range rules {
		for n := range most {
			label := letter + strconv.Itoa(n+1)
			if seen[label] != 1 {
				t.Errorf("%s is there %d times, want once", label, seen[label])
			}
			delete(seen, label)
		}
	}
	for label := range seen {
		t.Errorf("%s is no rule", label)
	}
}

// named returns the tests that a cell names.
func named(cell string) (names []string) {
	for _, m := range ruleTest.FindAllStringSubmatch(cell, -1) {
		names = append(names, m[1])
	}
	return names
}

// citations returns the labels in the comments of each test, by its package's
// folder and its name.
func citations(t *testing.T, root string) map[string][]string {
	t.Helper()
	cited := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != "..":
			return fs.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				name := filepath.ToSlash(folder) + "." + f.Name.Name
				cited[name] = append(cited[name], within(file, f)...)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return cited
}

// within returns the labels in the comments on a function, and in it.
func within(file *ast.File, f *ast.FuncDecl) (labels []string) {
	begin := f.Pos()
	if f.Doc != nil {
		begin = f.Doc.Pos()
	}
	for _, c := range file.Comments {
		if c.Pos() >= begin && c.End() <= f.End() {
			labels = append(labels, ruleLabel.FindAllString(c.Text(), -1)...)
		}
	}
	return labels
}
