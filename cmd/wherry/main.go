// Command wherry is a gateway from XMPP to other networks: an external
// component (XEP-0114) of an XMPP server.
//
//	wherry init -domain irc.example.org
//	wherry check
//	wherry run
//
// One file holds each subcommand. networks.go lists the networks.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// Exit statuses.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// program is one call of wherry.
type program struct {
	stdout, stderr io.Writer
	environ        []string
}

// subcommand is one of wherry's verbs.
type subcommand struct {
	name, args, does string
	run              func(p *program, ctx context.Context, args []string) error
}

func subcommands() []subcommand {
	return []subcommand{
		{"init", "-domain DOMAIN", "write a configuration, and say what the XMPP server needs", (*program).init},
		{"check", "", "test configuration, store and XMPP server, and say what to change", (*program).check},
		{"run", "", "serve until SIGTERM or SIGINT; SIGHUP reads the configuration again", (*program).serve},
		{"users", "", "list who uses the gateway", (*program).users},
		{"queue", "", "list what waits to be delivered", (*program).queue},
		{"import", "biboumi DB", "take over what biboumi's database has; wherry must not run", (*program).importFrom},
		{"rotate-key", "", "seal all secrets with a new key; wherry must not run", (*program).rotateKey},
		{"version", "", "say which wherry this is", (*program).version},
	}
}

func main() {
	p := &program{stdout: os.Stdout, stderr: os.Stderr, environ: os.Environ()}
	os.Exit(p.main(context.Background(), os.Args[1:]))
}

// main runs the subcommand that args name, and returns the exit status.
func (p *program) main(ctx context.Context, args []string) int {
	if len(args) == 0 {
		p.usage(p.stderr)
		return exitUsage
	}
	switch args[0] {
	case "-h", "-help", "--help", "help":
		p.usage(p.stdout)
		return exitOK
	}
	for _, c := range subcommands() {
		if c.name == args[0] {
			return p.status(c.run(p, ctx, args[1:]))
		}
	}
	fmt.Fprintf(p.stderr, "wherry: there is no subcommand %q\n\n", args[0])
	p.usage(p.stderr)
	return exitUsage
}

// errUsage is a wrong call that was told already. errFailed is a failure that
// was told already.
var (
	errUsage  = errors.New("wrong usage")
	errFailed = errors.New("failed")
)

// status tells err, where that is still to be done, and turns it into an exit
// status.
func (p *program) status(err error) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.Is(err, errUsage):
		return exitUsage
	case !errors.Is(err, errFailed):
		fmt.Fprintf(p.stderr, "wherry: %v\n", err)
	}
	return exitFailed
}

func (p *program) usage(w io.Writer) {
	fmt.Fprint(w, "Wherry is a gateway from XMPP to other networks.\n\nUsage:\n\n")
	for _, c := range subcommands() {
		fmt.Fprintf(w, "    %-30s %s\n", "wherry "+c.name+" "+c.args, c.does)
	}
	fmt.Fprint(w, `
Each takes -config FILE; without it ./wherry.toml is read, else
/etc/wherry/wherry.toml. "wherry SUBCOMMAND -h" tells all flags.
The exit status is 0, or 1 for a failure, or 2 for a wrong call.
`)
}

// flags returns the flags of a subcommand, with -config among them.
func (p *program) flags(name, configHelp string) (set *flag.FlagSet, config *string) {
	set = flag.NewFlagSet("wherry "+name, flag.ContinueOnError)
	set.SetOutput(p.stderr)
	return set, set.String("config", "", configHelp)
}

const configHelp = "configuration `FILE`; default wherry.toml, then /etc/wherry/wherry.toml"

// parse reads the flags of a subcommand, which takes nothing else.
func (p *program) parse(set *flag.FlagSet, args []string) error {
	switch err := set.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return errUsage // the flag package has told it
	case set.NArg() > 0:
		return p.misused(set, "%q is one word too many", set.Arg(0))
	}
	return nil
}

// misused tells what is wrong with a call.
func (p *program) misused(set *flag.FlagSet, format string, args ...any) error {
	fmt.Fprintf(p.stderr, format+"\n", args...)
	set.Usage()
	return errUsage
}
