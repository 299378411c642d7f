package world

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Terminal is a terminal with one program in it, as tmux shows it: what a person
// at a client without windows would sit at. The program runs as the servers'
// user.
type Terminal struct {
	*Server
	socket string
	cred   *syscall.Credential
}

// Terminal starts a program in a terminal of 160 columns and 50 rows. HOME and
// all of XDG are in home, which the servers' user must own.
func (w *World) Terminal(name, home string, command ...string) (*Terminal, error) {
	t := &Terminal{socket: filepath.Join(home, name+".tmux"), cred: w.cred}
	var err error
	t.Server, err = w.start(program{
		name: name,
		args: []string{"tmux", "-D", "-S", t.socket, "-f", "/dev/null"},
		env: []string{"HOME=" + home, "XDG_CONFIG_HOME=" + home + "/config", "XDG_DATA_HOME=" + home + "/data",
			"XDG_CACHE_HOME=" + home + "/cache", "TERM=xterm-256color", "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "TMUX=", "SHELL=/bin/sh"},
		dir: home,
		ready: func(ctx context.Context) error {
			return poll(ctx, often, func() error {
				out, err := t.tmux(ctx, append([]string{"new-session", "-d", "-P", "-F", "#{pane_pid}", "-x", "160", "-y", "50"}, command...)...)
				if err != nil {
					return err
				}
				pid, err := strconv.Atoi(strings.TrimSpace(out))
				w.OnClose(func() error { return endGroup(pid) })
				return err
			})
		},
	})
	return t, err
}

// endGroup ends a program in a terminal, which has a group of its own, if it is
// still there: not all end with their terminal.
func endGroup(pid int) error {
	if pid <= 1 {
		return nil
	}
	if err := syscall.Kill(-pid, syscall.SIGKILL); !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

// tmux has tmux do something, and returns what it prints.
func (t *Terminal) tmux(ctx context.Context, args ...string) (string, error) {
	path, err := look("tmux")
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, path, append([]string{"-N", "-S", t.socket}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: t.cred}
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return "", fmt.Errorf("tmux %s: %s", args[0], exit.Stderr)
	}
	return string(out), err
}

// Type types a text and then, when it is shown, Enter: what comes all at once some
// programs take for pasted.
func (t *Terminal) Type(text string) error {
	ctx, cancel := context.WithTimeout(context.Background(), DefaultWait)
	defer cancel()
	if _, err := t.tmux(ctx, "send-keys", "-l", "--", text); err != nil {
		return err
	}
	const shown = 20 // of a long line programs show the end
	runes := []rune(text)
	if err := t.Await(string(runes[max(0, len(runes)-shown):])); err != nil {
		return err
	}
	return t.Press("Enter")
}

// Press presses keys, called as tmux calls them.
func (t *Terminal) Press(keys ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), DefaultWait)
	defer cancel()
	_, err := t.tmux(ctx, append([]string{"send-keys", "--"}, keys...)...)
	return err
}

// Screen returns what is shown.
func (t *Terminal) Screen(ctx context.Context) (string, error) {
	return t.tmux(ctx, "capture-pane", "-p")
}

// Await waits until all of some texts are shown.
func (t *Terminal) Await(texts ...string) error {
	return t.until(fmt.Sprintf("%q to be shown", texts), func(screen string) bool {
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				return false
			}
		}
		return true
	})
}

// AwaitGone waits until a text is not shown.
func (t *Terminal) AwaitGone(text string) error {
	return t.until(fmt.Sprintf("%q to be gone", text), func(screen string) bool { return !strings.Contains(screen, text) })
}

func (t *Terminal) until(what string, right func(screen string) bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), DefaultWait)
	defer cancel()
	var screen string
	err := poll(ctx, often, func() error {
		now, err := t.Screen(ctx)
		if err != nil {
			return err
		}
		if screen = now; !right(screen) {
			return errors.New("not yet")
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: waited in vain for %s: %w; it shows:\n%s", t.Name, what, err, screen)
	}
	return nil
}
