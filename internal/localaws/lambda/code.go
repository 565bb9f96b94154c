package lambda

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// The files of a plane's directory.
const (
	codeFolder    = "code"    // DIGEST.zip and DIGEST/, its contents
	scratchFolder = "scratch" // TMPDIR of the processes
)

const (
	maxUnpacked = 250 << 20 // bytes of a function's code, AWS's limit
	maxFiles    = 50_000    // of a function's code
)

// store keeps the code of the deployed functions by its hash.
type store struct {
	dir string

	mu    sync.Mutex
	trees map[string]*tree // by digest
	bytes int64            // of all archives
	seen  map[string]bool  // regions that were deployed to
}

// tree is the unpacked code, made once.
type tree struct {
	once sync.Once
	dir  string
	err  error
}

func newStore(dir string) *store {
	return &store{dir: dir, trees: map[string]*tree{}, seen: map[string]bool{}}
}

// size gives the bytes of all archives, and notes that region is in use.
func (s *store) size(region string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[region] = true
	return s.bytes
}

// regions lists those that size was asked for.
func (s *store) regions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.seen))
}

// put keeps an archive and gives its digest.
func (s *store) put(archive []byte) (digest string, err error) {
	sum := sha256.Sum256(archive)
	digest = hex.EncodeToString(sum[:])
	target := s.archive(digest)
	if _, err := os.Stat(target); err == nil {
		return digest, nil
	}
	draft, err := os.CreateTemp(s.dir, ".draft-*")
	if err != nil {
		return "", err
	}
	_, err = draft.Write(archive)
	err = errors.Join(err, draft.Close())
	if err == nil {
		err = os.Rename(draft.Name(), target)
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(draft.Name()))
	}
	s.mu.Lock()
	s.bytes += int64(len(archive))
	s.mu.Unlock()
	return digest, nil
}

func (s *store) archive(digest string) string { return filepath.Join(s.dir, digest+".zip") }

// unpacked gives the folder with the contents of the archive.
func (s *store) unpacked(digest string) (string, error) {
	s.mu.Lock()
	t := s.trees[digest]
	if t == nil {
		t = &tree{dir: filepath.Join(s.dir, digest)}
		s.trees[digest] = t
	}
	s.mu.Unlock()
	t.once.Do(func() { t.err = s.unpack(digest, t.dir) })
	if t.err != nil {
		s.mu.Lock()
		if s.trees[digest] == t { // the archive may come yet
			delete(s.trees, digest)
		}
		s.mu.Unlock()
	}
	return t.dir, t.err
}

// keep removes the archives and trees that digests do not name.
func (s *store) keep(digests map[string]bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	var failures []error
	for _, entry := range entries {
		base := entry.Name()
		digest, _, _ := bytes.Cut([]byte(base), []byte("."))
		if len(digest) != 2*sha256.Size || digests[string(digest)] {
			continue
		}
		delete(s.trees, string(digest))
		if info, err := entry.Info(); err == nil && !entry.IsDir() {
			s.bytes -= info.Size()
		}
		failures = append(failures, os.RemoveAll(filepath.Join(s.dir, base)))
	}
	return errors.Join(failures...)
}

func (s *store) unpack(digest, dir string) (err error) {
	archive, err := zip.OpenReader(s.archive(digest))
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("the code is not here: it was not deployed through this local AWS")
	}
	if err != nil {
		return fmt.Errorf("reading the code: %w", err)
	}
	defer func() { _ = archive.Close() }()
	if len(archive.File) > maxFiles {
		return fmt.Errorf("the code has %d files, more than %d", len(archive.File), maxFiles)
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir) // no entry leaves it
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	left := int64(maxUnpacked)
	for _, file := range archive.File {
		if err := extract(root, file, &left); err != nil {
			return fmt.Errorf("unpacking %s: %w", file.Name, err)
		}
	}
	return nil
}

// extract writes one entry; left is how many bytes may still be written.
func extract(root *os.Root, file *zip.File, left *int64) error {
	name := filepath.FromSlash(file.Name)
	mode := file.Mode()
	switch {
	case mode.IsDir():
		return root.MkdirAll(filepath.Clean(name), 0o700)
	case mode&fs.ModeSymlink != 0:
		return extractLink(root, file, name)
	case !mode.IsRegular():
		return fmt.Errorf("is a %s", mode.Type())
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	content, err := file.Open()
	if err != nil {
		return err
	}
	defer content.Close()
	target, err := root.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode.Perm()|0o400)
	if err != nil {
		return err
	}
	n, err := io.Copy(target, io.LimitReader(content, *left+1))
	if *left -= n; *left < 0 && err == nil {
		err = fmt.Errorf("the code is larger than %d bytes", maxUnpacked)
	}
	return errors.Join(err, target.Close())
}

func extractLink(root *os.Root, file *zip.File, name string) error {
	const longest = 4096
	content, err := file.Open()
	if err != nil {
		return err
	}
	defer content.Close()
	to, err := io.ReadAll(io.LimitReader(content, longest))
	if err != nil {
		return err
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	return root.Symlink(filepath.FromSlash(string(to)), name)
}
