package text_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"wherry/component/text"
	"wherry/transports"
)

// formats returns the English formats that the code gives to transports.T.
func formats(t *testing.T) map[string]string {
	t.Helper()
	root := filepath.Join("..", "..")
	all := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == ".git" || d.Name() == "transporttest" || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !isT(call.Fun) || len(call.Args) == 0 {
				return true
			}
			lit, ok := call.Args[0].(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				t.Errorf("%s: the format of a text is no literal: nobody can translate it", fset.Position(call.Pos()))
				return true
			}
			format, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Errorf("%s: %v", fset.Position(call.Pos()), err)
			}
			if n := strings.Count(strings.ReplaceAll(format, "%%", ""), "%s"); n != len(call.Args)-1 && !call.Ellipsis.IsValid() {
				t.Errorf("%s: %q wants %d arguments and has %d", fset.Position(call.Pos()), format, n, len(call.Args)-1)
			}
			all[format] = fset.Position(call.Pos()).String()
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func isT(fun ast.Expr) bool {
	sel, ok := fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "T" {
		return false
	}
	pkg, ok := sel.X.(*ast.Ident)
	return ok && pkg.Name == "transports"
}

// Every text is translated, no translation is left over, and each keeps the
// places of its arguments.
func TestTranslationsAreComplete(t *testing.T) {
	used := formats(t)
	if len(used) < 20 {
		t.Fatalf("only %d texts found in the code", len(used))
	}
	for _, lang := range text.Languages() {
		if lang == "en" {
			continue
		}
		known := text.Formats(lang)
		for format, at := range used {
			if !slices.Contains(known, format) && strings.Trim(format, "%s:. ") != "" {
				t.Errorf("%s: no %s for %q", at, lang, format)
			}
		}
		for _, format := range known {
			if _, ok := used[format]; !ok {
				t.Errorf("%s translates %q, which nothing says", lang, format)
			}
			translated := text.In(lang, transports.Text{Format: format})
			if strings.Count(translated, "%s") != strings.Count(format, "%s") {
				t.Errorf("%s for %q has another number of arguments: %q", lang, format, translated)
			}
		}
	}
}

func TestIn(t *testing.T) {
	refused := transports.T("You are in too many rooms.")
	for _, row := range []struct{ lang, want string }{
		{"", "You are in too many rooms."},
		{"en-GB", "You are in too many rooms."},
		{"tlh", "You are in too many rooms."},
		{"de", "Sie sind in zu vielen Räumen."},
		{"DE-at", "Sie sind in zu vielen Räumen."},
	} {
		if got := text.In(row.lang, refused); got != row.want {
			t.Errorf("In(%q) = %q, want %q", row.lang, got, row.want)
		}
	}
	if got := text.Of("de-CH"); got != "de" {
		t.Errorf("Of(de-CH) = %q", got)
	}
	if got := text.Of("fr"); got != "en" {
		t.Errorf("Of(fr) = %q", got)
	}
	if got := text.In("de", transports.Literal("100%s")); got != "100%s" {
		t.Errorf("the network's own words became %q", got)
	}
}
