package ircv3test

// labelled runs a line of the client. What it is answered carries the line's
// label in one message, or in a batch around several; nothing is answered by an
// ACK, https://ircv3.net/specs/extensions/labeled-response.
func (c *client) labelled(l *line, run func()) {
	label, given := l.tag("label")
	if !given || label == "" || len(label) > 64 || c.label != "" || !c.caps["labeled-response"] || !c.caps["batch"] {
		run()
		return
	}
	c.label = label
	run()
	answers, own := c.capture, c.intercept
	c.capture, c.label, c.intercept = nil, "", false
	if own && len(answers) == 0 {
		return // a test has answered
	}
	if c.batch != nil && c.batch.label == label {
		return // answered at the end of the batch
	}
	c.answer(label, answers)
}

// answer sends the answers to a labelled line.
func (c *client) answer(label string, answers []rendered) {
	mark := func(r *rendered) { r.tags = append([]tag{{"label", label}}, r.tags...) }
	switch {
	case len(answers) == 0:
		answers = []rendered{c.render(c.server.by("ACK"))}
		mark(&answers[0])
	case len(answers) == 1 || oneBatch(answers):
		mark(&answers[0])
	default:
		name := c.server.token()
		for i := range answers {
			if !answers[i].has("batch") {
				answers[i].tags = append([]tag{{"batch", name}}, answers[i].tags...)
			}
		}
		start := c.render(c.server.by("BATCH", "+"+name, "labeled-response"))
		mark(&start)
		answers = append([]rendered{start}, append(answers, c.render(c.server.by("BATCH", "-"+name)))...)
	}
	for _, r := range answers {
		c.push(r)
	}
}

// oneBatch tells whether answers are one batch from its start to its end.
func oneBatch(answers []rendered) bool {
	name := answers[0].batch
	if name == "" || answers[0].has("batch") || answers[len(answers)-1].batch != name {
		return false
	}
	for _, r := range answers[1 : len(answers)-1] {
		if r.batch == "" && !r.has("batch") || r.batch == name {
			return false
		}
	}
	return true
}

func (r rendered) has(name string) bool {
	for _, t := range r.tags {
		if t.name == name {
			return true
		}
	}
	return false
}
