// Package browser opens Converse, a client of XMPP that is a web page, in a
// headless Chromium, and does there what a person would: it types, clicks and
// looks. The recordings of clients and the demonstration stand on it.
//
// Chromium is Debian's; Converse is a folder that "make" fetches, pinned by its
// hash. Nothing is loaded from elsewhere.
package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/chromedp/chromedp"
)

// patience is how long something may take to be shown: more than the 30 s
// within which every request of a user is answered.
const patience = 40 * time.Second

// Login says who logs in, and where everything is.
type Login struct {
	JID, Password string // a full JID
	WebSocket     string // URL of the XMPP server, RFC 7395
	Dist          string // the folder with converse.min.js
	Profile       string // an empty folder for Chromium's own files
}

// Converse is the page in its browser. Its methods serve one goroutine.
type Converse struct {
	URL string // where any browser on this machine finds the same page

	ctx  context.Context
	end  []func() error // last one first
	mu   sync.Mutex     // guards said
	said []string       // on the console
}

// Open starts a browser and returns when the user is logged in. The caller owes
// it a Close.
func Open(login Login) (*Converse, error) {
	c := &Converse{}
	if err := c.open(login); err != nil {
		return nil, errors.Join(fmt.Errorf("open Converse: %w", err), c.Close())
	}
	return c, nil
}

func (c *Converse) open(login Login) error {
	url, stop, err := serve(login)
	if err != nil {
		return err
	}
	c.URL, c.end = url, append(c.end, stop)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"), chromedp.UserDataDir(login.Profile), chromedp.WindowSize(1280, 900),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "en"),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"), // it is to find nothing elsewhere
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // which root cannot have; it opens our page only
	}
	root, kill := chromedp.NewExecAllocator(context.Background(), options...)
	c.end = append(c.end, func() error { kill(); return nil })
	ctx, leave := chromedp.NewContext(root)
	c.end = append(c.end, func() error { leave(); return nil })
	c.ctx = ctx
	if err := chromedp.Do(ctx); err != nil { // not under a limit: it would be the browser's
		return err
	}
	go c.listen(chromedp.Console(ctx))
	if _, err := run(c, chromedp.Navigate(url)); err != nil {
		return err
	}
	return c.Until("to be logged in", `window.handle?.api.connection.connected() && document.querySelector("converse-root .controlbox-section")`)
}

// listen keeps what the page says on the console, for reports.
func (c *Converse) listen(console iter.Seq2[chromedp.ConsoleMessage, error]) {
	for message, err := range console {
		if err != nil {
			return
		}
		c.mu.Lock()
		if c.said = append(c.said, fmt.Sprint(message)); len(c.said) > 50 {
			c.said = c.said[1:]
		}
		c.mu.Unlock()
	}
}

// Close ends the browser.
func (c *Converse) Close() error {
	var errs []error
	for i := len(c.end) - 1; i >= 0; i-- {
		errs = append(errs, c.end[i]())
	}
	c.end = nil
	return errors.Join(errs...)
}

// run has the browser do one thing, in time.
func run[T any](c *Converse, action chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(c.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, action)
}

// Until waits for an expression of JavaScript to be true.
func (c *Converse) Until(what, expression string) error {
	_, err := run(c, chromedp.Poll[bool]("Boolean("+expression+")", chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(0)))
	if err != nil {
		shown, _ := run(c, chromedp.Evaluate[string](`document.body.innerText`))
		c.mu.Lock()
		defer c.mu.Unlock()
		return fmt.Errorf("Converse waited in vain %s: %w; it shows:\n%s\nand said: %q", what, err, shown, c.said)
	}
	return nil
}

// Do runs JavaScript, and waits for the promise that it may return.
func (c *Converse) Do(script string) error {
	_, err := run(c, chromedp.Evaluate[any](script, chromedp.EvalAwaitPromise))
	return err
}

// Screenshot writes what is shown to a PNG file.
func (c *Converse) Screenshot(path string) error {
	png, err := run(c, chromedp.CaptureScreenshot())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, png, 0o644)
}

// quote spells a text for JavaScript.
func quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always has a spelling
	}
	return string(quoted)
}
