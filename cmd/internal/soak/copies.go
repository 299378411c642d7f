package soak

import "fmt"

// Copy is a mail in the folder of somebody's sent mails.
type Copy struct {
	User string
	ID   string // Message-ID
}

// Copies is what stands in the folders of sent mails.
type Copies struct {
	Mails int // that were sent
	One   int // have one copy

	// What must not be.
	None    int
	Several int
	Strange int // copies of what was not sent, or not by their owner
}

// Guilty tells whether something was that must not be.
func (c Copies) Guilty() bool { return c.None+c.Several+c.Strange > 0 }

func (c Copies) String() string {
	return fmt.Sprintf("copies in Sent: of %d mails %d have one, NONE %d, SEVERAL %d, STRANGE %d", c.Mails, c.One, c.None, c.Several, c.Strange)
}

// CountCopies counts copies of mails that were sent: who sent each, by its
// Message-ID.
func CountCopies(sent map[string]string, there []Copy) Copies {
	c := Copies{Mails: len(sent)}
	found := make(map[string]int)
	for _, one := range there {
		if user, ok := sent[one.ID]; !ok || user != one.User {
			c.Strange++
			continue
		}
		found[one.ID]++
	}
	for id := range sent {
		switch found[id] {
		case 0:
			c.None++
		case 1:
			c.One++
		default:
			c.Several++
		}
	}
	return c
}
