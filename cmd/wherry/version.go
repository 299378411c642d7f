package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/mattn/go-sqlite3"
)

// linked is the version that a release is linked with:
//
//	go build -ldflags "-X main.linked=1.2.3" ./cmd/wherry
var linked string

func (p *program) version(_ context.Context, args []string) error {
	set, _ := p.flags("version", "not read")
	if err := p.parse(set, args); err != nil {
		return err
	}
	sqlite, _, _ := sqlite3.Version()
	fmt.Fprintf(p.stdout, "wherry %s\n", release())
	if commit := commit(); commit != "" {
		fmt.Fprintf(p.stdout, "commit %s\n", commit)
	}
	fmt.Fprintf(p.stdout, "%s %s/%s\nSQLite %s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, sqlite)
	return nil
}

// release returns the version by which this wherry goes.
func release() string {
	if linked != "" {
		return linked
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return strings.TrimPrefix(info.Main.Version, "v")
	}
	return "devel"
}

// commit returns the commit it was built of, where that is known.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	var revision, when, changed string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.time":
			when = ", " + s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = ", with changes"
		}
	}
	if revision == "" {
		return ""
	}
	return revision + when + changed
}
