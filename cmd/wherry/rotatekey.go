package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"wherry/store"
)

func (p *program) rotateKey(ctx context.Context, args []string) (err error) {
	set, name := p.flags("rotate-key", configHelp)
	if err := p.parse(set, args); err != nil {
		return err
	}
	conf, err := p.load(*name)
	if err != nil {
		return err
	}
	if _, err := os.Stat(conf.Store.Path()); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no store %s, and so no key to rotate", conf.Store.Path())
	}
	s, err := store.Open(ctx, storeConfig(conf, newLog(p.stderr, conf.Log, slog.LevelWarn)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.RotateKey(ctx); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "All secrets are sealed with a new key, which is in %s. Older copies of the store need the key file of their time.\n", conf.Store.KeyFile)
	return nil
}
