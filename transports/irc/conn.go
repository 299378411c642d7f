package irc

import (
	"context"
	"errors"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/ergochat/irc-go/ircmsg"

	"wherry/transports"
)

// conn is one connection of a session: what the network told by it, and what
// we asked. Its lines are handled one after the other, by the crew; requests
// come in the goroutines of those who ask.
type conn struct {
	s    *Session
	link *link
	emit func(context.Context, transports.Batch) error
	ctx  context.Context // of its life
	stop func() bool     // false where it was interrupted
	out  writer
	pace *pacer

	handling sync.WaitGroup // of input, by the crew
	handled  error          // why that was the last

	lines lines
	heard time.Time // when the server last sent anything; set with mu held
	asked bool      // whether it was pinged since

	mu       sync.Mutex // guards all below, for requests look there; not held during I/O
	closing  bool
	bouncer  bool // a bouncer answers our pings, not the network
	logsIn   bool // the server knows SASL
	services bool // the user wrote to the network's services
	caps     caps
	able     transports.Ability
	enrols   enrols        // what it asks of those who want an account
	reg      *registration // nil once logged in
	nick     string
	wanted   string           // the nick we would rather have; empty where we have it
	claim    claim            // of that one
	net      *isupport        // never changed, for it is shared
	users    map[string]*user // who is in a channel with us, by folded nick
	channels channels         // where we are or go
	requests []*request
	wishes   []*wish           // channels to enter, that wait for their turn
	recent   recent            // messages of ours
	echoes   echoes            // those that the server has not shown us yet
	batches  map[string]*batch // that it began, and did not end
	backlog  *backlog          // what is to be fetched of the past; nil before anything was
	seeks    []*seek           // messages that are looked for there
	typed    []typed           // what we said last of our writing
	watched  *watched          // whom we watch; nil where that is nobody
	counted  *counted          // nil before anything was
	reals    map[*user]shared  // what people are called besides their nicks, where that was told
	who      *who              // who is in channels, as it is asked for; nil before that
	raw      *rawLines         // what answers a line of the user's own; nil before there was one
	list     *listing          // the list of channels that comes
	found    *listing          // the part of it that was searched for, while it comes
	minted   uint64            // ids given to messages, questions and pings
	skew     time.Duration     // how far the network's clock is behind ours, as far as that is known
	forward  string            // the channel, folded, that one we asked for sends us to
	again    *time.Timer       // to tell again that we are away; nil while that is not refused
	reason   error             // why the server ends the connection

	events    []transports.Event // of this step
	places    []string           // the chats whose place is to be saved with them
	gathered  int
	gathering bool   // an event may become part of any since the first gathered one
	hardened  bool   // the network's policy of TLS came by this connection
	policies  bool   // and is to be saved, or that there is none any more
	reply     []byte // lines to send after this step
}

func newConn(s *Session, l *link, emit func(context.Context, transports.Batch) error) *conn {
	s.utf8.Store(false)
	c := &conn{
		s:      s,
		link:   l,
		emit:   emit,
		out:    writer{conn: l.top, encode: s.encode},
		pace:   newPacer(s.t.throttle(&s.who)),
		net:    &unknown,
		users:  make(map[string]*user),
		minted: uint64(time.Now().UnixMicro()),
	}
	return c
}

// mint returns an id that nothing on this connection or an earlier one has. It
// is called with mu held.
func (c *conn) mint() string {
	c.minted++
	return strconv.FormatUint(c.minted, 36)
}

// finish follows the last that was received.
func (c *conn) finish(ctx context.Context) {
	if !c.stop() {
		c.goodbye(ctx)
	}
	c.close()
}

// close gives up the connection, and all that waits for it.
func (c *conn) close() {
	c.s.online(nil)
	c.mu.Lock()
	if c.hardened {
		c.s.strict.extend(time.Now())
	}
	if c.list != nil {
		c.listEnds(c.list, disconnected(errClosed))
	}
	if c.again != nil {
		c.again.Stop()
	}
	c.unclaim()
	if c.found != nil {
		c.listEnds(c.found, disconnected(errClosed))
	}
	c.mu.Unlock()
	c.out.close()
	_ = c.link.top.Close()
	c.abandon()
}

// receive reads until the connection ends, and says why it did. Its goroutine waits
// here, on a stack that nothing on the way makes larger.
func (c *conn) receive() error {
	for {
		err := c.link.follow(c.handOver)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = c.silence()
		}
		if err != nil {
			return c.ended(err)
		}
	}
}

// handOver has the crew handle all that there is to read.
func (c *conn) handOver() error {
	c.handling.Add(1)
	c.s.t.crew.give(c)
	c.handling.Wait()
	return c.handled
}

// do handles all that there is to read.
func (c *conn) do() {
	defer c.handling.Done()
	defer c.s.t.rescue(&c.handled)
	buffer := buffers.Get().(*[readSize]byte)
	defer buffers.Put(buffer)
	c.handled = c.link.read(buffer[:], func(input []byte) error { return c.step(c.ctx, input) })
}

// begin starts the log-in. Once ctx is done, the connection ends.
func (c *conn) begin(ctx context.Context) error {
	c.ctx, c.stop = ctx, context.AfterFunc(ctx, c.interrupt)
	c.mu.Lock()
	c.heard = time.Now()
	c.reg = new(registration)
	c.register()
	reply := c.takeReply()
	c.mu.Unlock()
	if err := c.wake(c.s.t.times.login); err != nil {
		return err
	}
	return c.out.post(reply)
}

// step handles what came at once: it answers, then hands on the events.
func (c *conn) step(ctx context.Context, input []byte) error {
	now := time.Now()
	if c.asked {
		c.asked = false
		if err := c.wake(c.s.t.times.idle); err != nil {
			return err
		}
	}
	batch, reply, err := c.digest(now, input)
	if len(reply) > 0 {
		err = errors.Join(err, c.out.post(reply))
	}
	if len(batch.Events)+len(batch.Saves) > 0 {
		err = errors.Join(err, c.hand(ctx, batch))
	}
	return err
}

// digest takes in what came, and returns what is to be handed on and what to be
// answered.
func (c *conn) digest(now time.Time, input []byte) (batch transports.Batch, reply []byte, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = now
	err = c.lines.feed(input, c.handle)
	c.settle()
	c.fetchPast()
	c.askWho()
	batch, reply = c.takeBatch(), c.takeReply()
	if c.closing || c.reason != nil {
		err = errors.Join(err, errClosed) // whatever more there is
	}
	return batch, reply, err
}

// takeBatch returns what a step brought. It is called with mu held.
func (c *conn) takeBatch() transports.Batch {
	batch := transports.Batch{Events: c.events, Saves: append(append(c.takeSaves(), c.policySave()...), c.s.enrolmentSave()...)}
	c.events = nil
	return batch
}

// hand hands on what a step brought. While that waits the server must not take us for dead.
func (c *conn) hand(ctx context.Context, batch transports.Batch) error {
	v := vigils.Get().(*vigil)
	v.conn = c
	v.timer.Reset(c.s.t.times.alive)
	defer v.end()
	return c.emit(ctx, batch)
}

// vigil stays alive for a connection that waits for us.
type vigil struct {
	conn  *conn
	timer *time.Timer
	over  chan struct{} // closed when the wait is
}

// end ends a vigil.
func (v *vigil) end() {
	if v.timer.Stop() {
		v.conn = nil
		vigils.Put(v)
	} else {
		close(v.over) // it keeps watch
	}
}

// vigils are those that had nothing to do.
var vigils = sync.Pool{New: func() any {
	v := &vigil{over: make(chan struct{})}
	v.timer = time.AfterFunc(time.Hour, func() { v.conn.stayAlive(v.over) })
	v.timer.Stop()
	return v
}}

// ended turns the end of a connection into what it means.
func (c *conn) ended(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason != nil {
		return c.reason
	}
	var known *transports.Error
	if errors.As(err, &known) {
		return err
	}
	return &transports.Error{
		Kind: transports.Unreachable,
		Text: transports.T("The connection to %s broke.", c.s.who.host),
		Err:  err,
	}
}

// end remembers why the connection cannot go on, and ends it. It is called
// with mu held.
func (c *conn) end(reason error) {
	if c.reason == nil {
		c.reason = reason
	}
	_ = c.link.socket.SetReadDeadline(past)
}

// interrupt ends the wait for input, and soon that for output.
func (c *conn) interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closing {
		c.closing = true
		_ = c.link.socket.SetReadDeadline(past)
		c.out.finish(c.s.t.times.quit)
	}
}

// past is a deadline that is over.
var past = time.Unix(1, 0)

// goodbye leaves the network. It reads to the end, so that the server takes our
// last line before it sees the connection closed.
func (c *conn) goodbye(ctx context.Context) {
	c.mu.Lock()
	c.closing = true
	_ = c.link.socket.SetReadDeadline(time.Now().Add(c.s.t.times.quit))
	c.out.finish(c.s.t.times.quit)
	c.mu.Unlock()
	words := quitMessage
	var farewell transports.Farewell
	if errors.As(context.Cause(ctx), &farewell) {
		words = ircmsg.TruncateUTF8Safe(singleLine(farewell.Words), c.textLimit("QUIT", ""))
	}
	quit, err := appendLine(nil, "QUIT", words)
	if err != nil || c.out.post(quit) != nil {
		return
	}
	buffer := make([]byte, readSize)
	_ = c.link.follow(func() error { return c.link.read(buffer, func([]byte) error { return nil }) })
}

// quitMessage is what others see when the gateway leaves, unless the user has
// words of their own.
const quitMessage = "Leaving"

// handle handles one line of the server. It is called with mu held.
func (c *conn) handle(raw []byte) {
	l := handled.Get().(*line)
	if l.parse(c.read(raw)) && !c.collects(l) {
		c.follow(l)
	}
	*l = line{}
	handled.Put(l)
}

// handled are lines for those that come: nobody keeps one.
var handled = sync.Pool{New: func() any { return new(line) }}

// follow handles a line that is not part of a batch.
func (c *conn) follow(l *line) {
	if c.reg != nil {
		if c.reason != nil { // a log-in that is given up brings nothing more
			return
		}
		if c.greeted(l); c.registering(l) {
			return
		}
	}
	if c.raw.shows(c, l) {
		c.raw.left--
		c.showRaw(l, c.raw.left == 0)
	} else {
		c.serverSays(l)
	}
	c.dispatch(l)
}

// dispatch handles a line by its command.
func (c *conn) dispatch(l *line) {
	switch handler := handlers[l.verb]; {
	case l.numeric():
		c.numeric(l)
	case l.verb == "BATCH":
		c.batched(l)
	case handler != nil && !(moves[l.verb] && l.past()):
		handler(c, l)
	}
}

// moves are the lines that change who is in a channel, or what it is.
var moves = map[string]bool{"JOIN": true, "KICK": true, "MODE": true, "NICK": true, "PART": true, "QUIT": true, "TOPIC": true}

// send adds one line to those that go out after this step. What is no line is
// left out: it came from the server. It is called with mu held.
func (c *conn) send(verb string, params ...string) {
	c.reply, _ = appendLine(c.reply, verb, params...)
}

func (c *conn) takeReply() []byte {
	reply := c.reply
	c.reply = nil
	return reply
}
