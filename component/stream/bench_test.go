package stream_test

import (
	"context"
	"io"
	"net"
	"testing"

	"wherry/component/stream"
)

// chatter is a groupchat message as clients send it.
const chatter = "<message xmlns='jabber:client' from='user@example.org/phone' to='#channel%irc.example.net@irc.example.org' type='groupchat' id='5b3d5e3c-1f0a-4b5e-9a52-8d6a4a1d9c11' xml:lang='en'>" +
	"<body>Hello everybody, it&apos;s a fine day for talking about Go.</body>" +
	"<origin-id xmlns='urn:xmpp:sid:0' id='5b3d5e3c-1f0a-4b5e-9a52-8d6a4a1d9c11'/>" +
	"<active xmlns='http://jabber.org/protocol/chatstates'/>" +
	"<markable xmlns='urn:xmpp:chat-markers:0'/></message>"

// BenchmarkRead reads over a pipe that costs little, 64 stanzas at a time.
func BenchmarkRead(b *testing.B) {
	ours, theirs := net.Pipe()
	go func() {
		_, _ = theirs.Read(make([]byte, 4096))
		go func() { _, _ = io.Copy(io.Discard, theirs) }()
		_, _ = io.WriteString(theirs, header+"<handshake/>")
		var batch []byte
		for range 64 {
			batch = append(batch, chatter...)
		}
		for {
			if _, err := theirs.Write(batch); err != nil {
				return
			}
		}
	}()
	cfg := config("pipe")
	cfg.Dial = func(context.Context, string, string) (net.Conn, error) { return ours, nil }
	c, err := stream.Open(context.Background(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	b.SetBytes(int64(len(chatter)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Read(); err != nil {
			b.Fatal(err)
		}
	}
}
