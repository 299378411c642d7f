package world

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// Ports are handed out once, also to programs that run side by side.
func TestFreePort(t *testing.T) {
	const most = 300
	if os.Getenv("WHERRY_TEST_PORTS") != "" {
		for range most {
			port, err := FreePort("127.0.0.1")
			if err != nil {
				t.Fatal(err)
			}
			_, _ = os.Stdout.WriteString("port " + strconv.Itoa(port) + "\n")
		}
		return
	}
	seen := map[string]bool{}
	take := func(port string) {
		if seen[port] {
			t.Errorf("%s was handed out twice", port)
		}
		seen[port] = true
	}
	for range most {
		port, err := FreePort("127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		take(strconv.Itoa(port))
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestFreePort$")
	cmd.Env = append(os.Environ(), "WHERRY_TEST_PORTS=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	n := 0
	for line := range strings.Lines(string(out)) {
		if port, ok := strings.CutPrefix(strings.TrimSpace(line), "port "); ok {
			take(port)
			n++
		}
	}
	if n != most {
		t.Errorf("%d ports of the other program", n)
	}
}
