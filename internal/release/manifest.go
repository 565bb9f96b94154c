// Package release says what a release is: a manifest that names, by content, the
// functions' code, the site's files, the root and its modules, the provider lock
// and the database's migrations; its versions, digests, differences and
// provenance. It computes; what is stored where is the engine's business.
package release

import "time"

// Manifest lists everything that a release deploys. It holds nothing about who
// built it or when, so the same source gives the same manifest.
type Manifest struct {
	Format       int         `json:"format"` // 1
	Version      string      `json:"version"`
	Source       Source      `json:"source"`
	Architecture string      `json:"architecture,omitempty"` // of the functions: arm64 or x86_64
	Functions    []Function  `json:"functions"`              // by name
	Root         []File      `json:"root"`                   // environments/, the modules and the lock file, by path relative to the project
	Site         []SiteFile  `json:"site"`                   // by path relative to the site's folder
	Migrations   []Migration `json:"migrations"`             // by version
}

// Source is the state of the repository that a release was made from.
type Source struct {
	Commit     string    `json:"commit,omitempty"` // 40 hexadecimal digits; "" where the project is no git repository
	CommitTime time.Time `json:"commit_time,omitzero"`
	Dirty      bool      `json:"dirty"` // the working tree differed from the commit
}

// File is one file by its content.
type File struct {
	Path   string `json:"path"` // with slashes
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"` // bytes
}

// Function is the archive of one function.
type Function struct {
	Name   string `json:"name"` // short
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"` // bytes
}

// SiteFile is a file of the site. An immutable one changes its name with its
// content; all others are entries, which are put last and looked for anew.
type SiteFile struct {
	File
	ContentType string `json:"content_type"`
	Immutable   bool   `json:"immutable"`
}

// Migration is a step of the database's schema.
type Migration struct {
	Version int64  `json:"version"`
	Name    string `json:"name"` // of its file
	Class   Class  `json:"class"`
	SHA256  string `json:"sha256"` // of its text
	Size    int64  `json:"size"`   // bytes
}

// Class says what a migration does to the code that runs while it does it.
type Class string

// The classes.
const (
	Expand   Class = "expand"   // only adds: the release before goes on working
	Contract Class = "contract" // takes away what no running release uses any more
)

// Schema gives the schema version that the release brings the database to; 0
// where it has no migrations.
func (m Manifest) Schema() int64 {
	var newest int64
	for _, migration := range m.Migrations {
		newest = max(newest, migration.Version)
	}
	return newest
}

// Entries gives the files of the site that are not immutable.
func (m Manifest) Entries() []SiteFile { return m.site(false) }

// Assets gives the immutable files of the site.
func (m Manifest) Assets() []SiteFile { return m.site(true) }

func (m Manifest) site(immutable bool) []SiteFile {
	var files []SiteFile
	for _, file := range m.Site {
		if file.Immutable == immutable {
			files = append(files, file)
		}
	}
	return files
}
