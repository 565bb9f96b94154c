package artifact

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/flate"
)

// program is what the runtimes provided.* start.
const program = "bootstrap"

// pack writes an archive that holds a program and nothing of when, where and by
// whom it was made; it is there whole or not at all.
func pack(from, to string) (digest string, size int64, err error) {
	source, err := os.Open(from)
	if err != nil {
		return "", 0, err
	}
	defer source.Close()
	temporary, err := os.CreateTemp(filepath.Dir(to), ".zip-")
	if err != nil {
		return "", 0, err
	}
	defer os.Remove(temporary.Name()) //nolint:errcheck // gone once it is renamed
	sum := sha256.New()
	err = write(io.MultiWriter(temporary, sum), source)
	if err == nil {
		size, err = temporary.Seek(0, io.SeekCurrent)
	}
	if err := errors.Join(err, temporary.Close()); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(sum.Sum(nil)), size, os.Rename(temporary.Name(), to)
}

func write(w io.Writer, source io.Reader) error {
	archive := zip.NewWriter(w)
	// By a module of go.mod's version, and not by the standard library of whatever Go
	// this program was built with.
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.DefaultCompression) })
	header := &zip.FileHeader{Name: program, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	header.SetMode(0o755)
	file, err := archive.CreateHeader(header)
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, source); err != nil {
		return err
	}
	return archive.Close()
}

// digestOf gives a file's SHA-256 in hexadecimal.
func digestOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
