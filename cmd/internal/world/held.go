package world

import (
	"io"
	"os"
	"os/exec"
	"syscall"
)

// held is a program whose children count as it: they end with it, and all of them
// with us. Its standard output is a pipe, by which we see when all who write to it
// are gone; so is its standard input, by which it can see that we are.
type held struct {
	cmd           *exec.Cmd
	log           *os.File
	input, output *os.File    // our ends
	theirs        [2]*os.File // closed once the program has them
	copied        chan struct{}
}

// hold gives a command its pipes; what it writes is added to a file.
func hold(cmd *exec.Cmd, log string) (*held, error) {
	h := &held{cmd: cmd, copied: make(chan struct{})}
	var err error
	if h.log, err = os.OpenFile(log, os.O_APPEND|os.O_WRONLY, 0); err != nil {
		return nil, err
	}
	if h.theirs[0], h.input, err = os.Pipe(); err != nil {
		h.log.Close()
		return nil, err
	}
	if h.output, h.theirs[1], err = os.Pipe(); err != nil {
		h.log.Close()
		h.theirs[0].Close()
		h.input.Close()
		return nil, err
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = h.theirs[0], h.theirs[1], h.theirs[1]
	return h, nil
}

// begin is for when the program was started, or could not be.
func (h *held) begin() {
	h.theirs[0].Close()
	h.theirs[1].Close()
	go func() {
		io.Copy(h.log, h.output)
		h.output.Close()
		h.log.Close()
		close(h.copied)
	}()
}

// gone ends the children of the program, which has ended, and returns when they
// are gone.
func (h *held) gone() {
	syscall.Kill(-h.cmd.Process.Pid, syscall.SIGKILL)
	<-h.copied
	h.input.Close()
}
