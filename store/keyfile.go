package store

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

const (
	keySize     = 32
	keyFileSize = 64 << 10 // more is not a key file
)

// key is one line of the key file.
type key struct {
	id    keyID
	bytes [keySize]byte
}

func newKey() key {
	var k key
	rand.Read(k.id[:])
	rand.Read(k.bytes[:])
	return k
}

// formatKeys returns the text of a key file: a line of id and key in base64
// each, the current key first.
func formatKeys(keys []key) []byte {
	var b bytes.Buffer
	b.WriteString("# Wherry's keys: they open the secrets in its store. Keep a copy, apart from the store's copies.\n")
	for _, k := range keys {
		fmt.Fprintf(&b, "%s %s\n", k.id, base64.StdEncoding.EncodeToString(k.bytes[:]))
	}
	return b.Bytes()
}

// parseKeys reads the text of a key file. Its errors show nothing of the text.
func parseKeys(text []byte) ([]key, error) {
	var keys []key
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		k, err := parseKey(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		for _, other := range keys {
			if other.id == k.id {
				return nil, fmt.Errorf("line %d: a second key of the same id", i+1)
			}
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil, errors.New("no key in it")
	}
	return keys, nil
}

func parseKey(line string) (key, error) {
	var k key
	fields := strings.Fields(line)
	if len(fields) != 2 {
		return k, errors.New("not a key's id and the key")
	}
	id, err := hex.DecodeString(fields[0])
	if err != nil || len(id) != idSize {
		return k, fmt.Errorf("the key's id is not %d hexadecimal digits", 2*idSize)
	}
	raw, err := base64.StdEncoding.DecodeString(fields[1])
	if err != nil {
		return k, errors.New("the key is not base64")
	}
	if len(raw) != keySize {
		return k, fmt.Errorf("the key has %d bytes and not %d", len(raw), keySize)
	}
	k.id, k.bytes = keyID(id), [keySize]byte(raw)
	return k, nil
}

// readKeys reads the key file. Every error is a *KeyFileError.
func readKeys(path string) ([]key, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, unreadable(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, &KeyFileError{Path: path, Reason: "is not a file: let key_file name a file of its own"}
	}
	if open := info.Mode().Perm() & others(path); open != 0 {
		return nil, &KeyFileError{Path: path, Reason: fmt.Sprintf(
			"is open to others (mode %04o): run chmod 600 on it, and if they may have read it, wherry rotate-key", info.Mode().Perm())}
	}
	text, err := io.ReadAll(io.LimitReader(f, keyFileSize))
	if err != nil {
		return nil, unreadable(path, err)
	}
	keys, err := parseKeys(text)
	if err != nil {
		return nil, &KeyFileError{Path: path, Err: err, Reason: fmt.Sprintf("is damaged: %v; put it back from a copy", err)}
	}
	return keys, nil
}

func unreadable(path string, err error) error {
	reason := fmt.Sprintf("cannot be read: %v", err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		reason = "is missing"
	case errors.Is(err, fs.ErrPermission):
		reason = "cannot be read by this user: give it to the user that wherry runs as (chown), with mode 0600"
	}
	return &KeyFileError{Path: path, Reason: reason, Err: err}
}

// others returns the mode bits that a key file must not have. systemd shows a
// credential's access list, which lets one user read it, as the group's.
func others(path string) fs.FileMode {
	if dir := os.Getenv("CREDENTIALS_DIRECTORY"); dir != "" && filepath.Dir(path) == filepath.Clean(dir) {
		return 0o037
	}
	return 0o077
}

// missingKey says what the loss of the key file of an existing store means.
func missingKey(err error, store string) error {
	var fault *KeyFileError
	if errors.As(err, &fault) && errors.Is(err, fs.ErrNotExist) {
		fault.Reason = fmt.Sprintf("is missing, and the secrets in store %s open with nothing else: "+
			"put it back from a copy, or move the store away to start an empty one", store)
	}
	return err
}

// readOrCreateKeys reads the key file of a new store, and makes it where there
// is none.
func readOrCreateKeys(path string, log *slog.Logger) ([]key, error) {
	keys, err := readKeys(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return keys, err
	}
	keys = []key{newKey()}
	if err := createFile(path, formatKeys(keys)); err != nil {
		return nil, &KeyFileError{Path: path, Reason: fmt.Sprintf("cannot be made: %v", err), Err: err}
	}
	log.Info("made a key file; keep a copy of it, apart from the store's copies", "key_file", path)
	return keys, nil
}

// createFile writes a new file, whole or not at all.
func createFile(path string, text []byte) error {
	draft, err := writeDraft(path, text)
	if err != nil {
		return err
	}
	// A link, unlike a renaming, never takes another file's place.
	if err := os.Link(draft, path); err != nil {
		return errors.Join(err, os.Remove(draft))
	}
	return errors.Join(os.Remove(draft), syncDir(path))
}

// replaceFile writes a file in place of another, whole or not at all, for the
// same owner.
func replaceFile(path string, text []byte) error {
	draft, err := writeDraft(path, text)
	if err != nil {
		return err
	}
	if err := os.Rename(draft, path); err != nil {
		return errors.Join(err, os.Remove(draft))
	}
	return syncDir(path)
}

// writeDraft writes text to a file beside path that only its owner, who is
// path's owner where there is one, can read, and waits for the disk.
func writeDraft(path string, text []byte) (string, error) {
	draft := path + ".new"
	if err := os.Remove(draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	f, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = f.Write(text)
	if err == nil {
		err = errors.Join(giveTo(f, path), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(draft))
	}
	return draft, nil
}
