package component_test

import (
	"context"
	"testing"

	"wherry/component"
)

// What one user writes to the gateway is heard word by word, also by one of whom
// nothing is kept: the next word waits until the last was dealt with.
func TestChatIsSerial(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	w := newWorld(t, with(func(c *component.Component) {
		c.HandleChat(func(_ context.Context, chat *component.Chat) {
			chat.Say(chat.Text)
			<-done
		})
	}))
	w.chat(phone, domain, "1", "<body>one</body>")
	w.message(domain, juliet, "chat")
	w.barrier(phone) // after which nothing else holds the user
	w.chat(phone, domain, "2", "<body>two</body>")
	w.silent(phone)
	close(done)
	w.message(domain, juliet, "chat")
}
