package release

import (
	"cmp"
	"slices"
)

// Artifact is a content that a release consists of.
type Artifact struct {
	SHA256 string
	Size   int64    // bytes
	Names  []string // what has it: "function goals", "environments/main.tf"
}

// Artifacts gives every content of the manifest once, by digest.
func (m Manifest) Artifacts() []Artifact {
	bySum := map[string]*Artifact{}
	add := func(sum string, size int64, name string) {
		if known := bySum[sum]; known != nil {
			known.Names = append(known.Names, name)
			return
		}
		bySum[sum] = &Artifact{SHA256: sum, Size: size, Names: []string{name}}
	}
	for _, f := range m.Functions {
		add(f.SHA256, f.Size, "function "+f.Name)
	}
	for _, file := range m.Root {
		add(file.SHA256, file.Size, file.Path)
	}
	for _, file := range m.Site {
		add(file.SHA256, file.Size, "site "+file.Path)
	}
	for _, migration := range m.Migrations {
		add(migration.SHA256, migration.Size, "migration "+migration.Name)
	}
	all := make([]Artifact, 0, len(bySum))
	for _, artifact := range bySum {
		all = append(all, *artifact)
	}
	slices.SortFunc(all, func(a, b Artifact) int { return cmp.Compare(a.SHA256, b.SHA256) })
	return all
}

// Size gives how many bytes the release's contents have together.
func (m Manifest) Size() int64 {
	var size int64
	for _, artifact := range m.Artifacts() {
		size += artifact.Size
	}
	return size
}
