package release

import "slices"

// Difference is what one release has other than another.
type Difference struct {
	Functions  Delta `json:"functions"`
	Root       Delta `json:"root"`
	Site       Delta `json:"site"`
	Migrations Delta `json:"migrations"`
}

// Delta names what is only in the second, only in the first, and in both with
// another content.
type Delta struct {
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
	Changed []string `json:"changed"`
}

// Diff gives what b has other than a.
func Diff(a, b Manifest) Difference {
	// A file that is served otherwise is another one, though its bytes are the same.
	site := func(f SiteFile) (name, content string) {
		if f.Immutable {
			return f.Path, f.SHA256 + " immutable " + f.ContentType
		}
		return f.Path, f.SHA256 + " " + f.ContentType
	}
	return Difference{
		Functions:  delta(a.Functions, b.Functions, func(f Function) (name, content string) { return f.Name, f.SHA256 }),
		Root:       delta(a.Root, b.Root, func(f File) (name, content string) { return f.Path, f.SHA256 }),
		Site:       delta(a.Site, b.Site, site),
		Migrations: delta(a.Migrations, b.Migrations, func(m Migration) (name, content string) { return m.Name, m.SHA256 + string(m.Class) }),
	}
}

func delta[T any](a, b []T, of func(T) (name, content string)) Delta {
	d := Delta{Added: []string{}, Removed: []string{}, Changed: []string{}}
	before := map[string]string{}
	for _, each := range a {
		name, content := of(each)
		before[name] = content
	}
	for _, each := range b {
		name, content := of(each)
		switch was, known := before[name]; {
		case !known:
			d.Added = append(d.Added, name)
		case was != content:
			d.Changed = append(d.Changed, name)
		}
		delete(before, name)
	}
	for name := range before {
		d.Removed = append(d.Removed, name)
	}
	slices.Sort(d.Removed)
	return d
}

// Empty reports whether nothing differs.
func (d Delta) Empty() bool { return len(d.Added)+len(d.Removed)+len(d.Changed) == 0 }

// Empty reports whether the two release the same.
func (d Difference) Empty() bool {
	return d.Functions.Empty() && d.Root.Empty() && d.Site.Empty() && d.Migrations.Empty()
}
