package main

import (
	"fmt"
	"reflect"

	"wherry/cmd/internal/config"
)

// reload reads the configuration again and takes over what can change while
// running. What is wrong changes nothing.
func (d *daemon) reload() {
	next, err := config.Load(d.conf.File, d.program.environ, networkNames())
	if err != nil {
		d.log.Error("the configuration stays as it was", "err", err)
		return
	}
	for _, warning := range next.Warnings {
		d.log.Warn(warning)
	}
	later, err := d.component.Reload(gateway(next, d.store, d.log))
	if err != nil {
		d.log.Error("the configuration stays as it was", "err", err)
		return
	}
	d.level.Set(next.Log.Level)
	later = append(later, fixed(d.conf, next)...)
	d.log.Info("read the configuration again", "config", d.conf.File)
	if len(later) > 0 {
		d.log.Warn("these settings count after a restart", "settings", later)
	}
}

// fixed names what differs outside of the component's reach and only counts
// after a restart.
func fixed(old, next *config.Config) []string {
	var names []string
	if old.Store.URL != next.Store.URL {
		names = append(names, "store.url")
	}
	if old.Store.KeyFile != next.Store.KeyFile {
		names = append(names, "store.key_file")
	}
	if old.Log.JSON != next.Log.JSON {
		names = append(names, "log.format")
	}
	for _, c := range next.Components {
		for _, o := range old.Components {
			if o.Domain == c.Domain {
				names = append(names, fixedComponent(o, c)...)
			}
		}
	}
	return names
}

func fixedComponent(old, next config.Component) []string {
	var names []string
	if old.Transport != next.Transport {
		names = append(names, "transport of "+next.Domain)
	}
	// Persistence is the component's, and changes at once. Pools of
	// certificates compare by their file, which may have changed unseen.
	before, after := old.IRC, next.IRC
	before.PersistentByDefault = after.PersistentByDefault
	if !reflect.DeepEqual(before, after) {
		names = append(names, fmt.Sprintf("[component.irc] of %s", next.Domain))
	}
	return names
}
