package modules

import (
	"archive/zip"
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rebuild modules/functions/placeholder/placeholder.zip")

// The archive is in the repository because Terraform cannot make one without a
// further provider, and byte for byte the same everywhere because its hash is in
// the plan.
func TestPlaceholderArchiveIsItsSource(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("functions", "placeholder")
	archive := filepath.Join(folder, "placeholder.zip")
	want := storedZip(t, "index.mjs", []byte(read(t, filepath.Join(folder, "index.mjs"))))
	if *update {
		if err := os.WriteFile(archive, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := []byte(read(t, archive))
	if !bytes.Equal(got, want) {
		t.Errorf("%s (%d bytes) is not made from index.mjs (%d bytes): run go test ./modules -run Placeholder -update",
			archive, len(got), len(want))
	}
	reader, err := zip.NewReader(bytes.NewReader(got), int64(len(got)))
	if err != nil {
		t.Fatal(err)
	}
	if len(reader.File) != 1 || reader.File[0].Name != "index.mjs" || reader.File[0].Mode().Perm() != 0o644 {
		t.Error("the archive must hold index.mjs only, readable by everybody: Lambda's user does not own it")
	}
}

// storedZip gives an archive with one uncompressed file and the oldest time that
// the format knows: the same bytes with every version of the compressor.
func storedZip(t *testing.T, name string, content []byte) []byte {
	t.Helper()
	var archive bytes.Buffer
	writer := zip.NewWriter(&archive)
	header := &zip.FileHeader{Name: name, Method: zip.Store, Modified: time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC)}
	header.SetMode(0o644)
	file, err := writer.CreateHeader(header)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}
