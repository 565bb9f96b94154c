package release

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
)

// format is the manifest's format that this version of the tool writes and reads.
const format = 1

var (
	digestPattern   = regexp.MustCompile(`^[0-9a-f]{64}$`)
	sourcePattern   = regexp.MustCompile(`^([0-9a-f]{40})?$`)
	treePattern     = regexp.MustCompile(`^dev(-[0-9a-f]{12}(-dirty)?)?$`) // see WorkingTree
	functionPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
)

// ErrFormat says that a manifest has a form that this version of the tool does not know.
var ErrFormat = errors.New("unknown format of a manifest")

// Encode gives the manifest's one form: two equal manifests have equal bytes.
func (m Manifest) Encode() ([]byte, error) {
	m.Format = format
	m.Functions, m.Root = nonNil(m.Functions), nonNil(m.Root)
	m.Site, m.Migrations = nonNil(m.Site), nonNil(m.Migrations)
	if !m.Source.CommitTime.IsZero() {
		m.Source.CommitTime = m.Source.CommitTime.UTC()
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(m); err != nil {
		return nil, fmt.Errorf("encode the manifest of %s: %w", m.Version, err)
	}
	return body.Bytes(), nil
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Decode reads a manifest and refuses one that this tool could not have written.
func Decode(body []byte) (Manifest, error) {
	var header struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(body, &header); err != nil {
		return Manifest{}, fmt.Errorf("read the manifest: %w", err)
	}
	if header.Format != format {
		return Manifest{}, fmt.Errorf("%w: it has %d, and this version of the tool knows %d", ErrFormat, header.Format, format)
	}
	var m Manifest
	if err := json.Unmarshal(body, &m); err != nil {
		return Manifest{}, fmt.Errorf("read the manifest: %w", err)
	}
	again, err := m.Encode()
	if err != nil {
		return Manifest{}, err
	}
	if !bytes.Equal(again, body) {
		return Manifest{}, errors.New("the manifest is not in the form in which it was written")
	}
	return m, nil
}

// Digest gives the digest of the manifest, "sha256:" and 64 hexadecimal digits.
func (m Manifest) Digest() (string, error) {
	body, err := m.Encode()
	if err != nil {
		return "", err
	}
	return DigestOf(body), nil
}

// DigestOf gives the digest of an encoded manifest.
func DigestOf(body []byte) string { return "sha256:" + Sum(body) }

// Sum gives the SHA-256 of a content in hexadecimal.
func Sum(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// check refuses a manifest that is not well-formed: what it names ends up in
// keys of the bucket and in paths on disk.
func (m Manifest) check() error {
	if _, err := ParseVersion(m.Version); err != nil && !treePattern.MatchString(m.Version) {
		return fmt.Errorf("the manifest's version: %w", err)
	}
	if !sourcePattern.MatchString(m.Source.Commit) {
		return fmt.Errorf("the manifest of %s names the commit %q, which is none", m.Version, m.Source.Commit)
	}
	var last string
	for _, f := range m.Functions {
		if !functionPattern.MatchString(f.Name) || f.Name <= last {
			return m.misplaced("function", f.Name)
		}
		if err := m.content("function "+f.Name, f.SHA256, f.Size); err != nil {
			return err
		}
		last = f.Name
	}
	if err := m.files("file", m.Root); err != nil {
		return err
	}
	site := make([]File, len(m.Site))
	for i, file := range m.Site {
		site[i] = file.File
		if file.ContentType == "" {
			return fmt.Errorf("the manifest of %s gives no content type for the site's %s", m.Version, file.Path)
		}
	}
	if err := m.files("file of the site", site); err != nil {
		return err
	}
	var newest int64
	for _, migration := range m.Migrations {
		if migration.Version <= newest || !fs.ValidPath(migration.Name) {
			return m.misplaced("migration", migration.Name)
		}
		if migration.Class != Expand && migration.Class != Contract {
			return fmt.Errorf("the manifest of %s gives the migration %s the class %q, which is none", m.Version, migration.Name, migration.Class)
		}
		if err := m.content("migration "+migration.Name, migration.SHA256, migration.Size); err != nil {
			return err
		}
		newest = migration.Version
	}
	return nil
}

func (m Manifest) files(kind string, files []File) error {
	var last string
	for _, file := range files {
		if !fs.ValidPath(file.Path) || file.Path == "." || file.Path <= last {
			return m.misplaced(kind, file.Path)
		}
		if err := m.content(kind+" "+file.Path, file.SHA256, file.Size); err != nil {
			return err
		}
		last = file.Path
	}
	return nil
}

func (m Manifest) content(what, sum string, size int64) error {
	if !digestPattern.MatchString(sum) || size < 0 {
		return fmt.Errorf("the manifest of %s gives no digest and size for the %s", m.Version, what)
	}
	return nil
}

func (m Manifest) misplaced(kind, name string) error {
	return fmt.Errorf("the manifest of %s has a %s %q, which is badly named, there twice or out of order", m.Version, kind, name)
}
