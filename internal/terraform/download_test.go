package terraform

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// site is a release site on loopback with a signing key of its own.
type site struct {
	releaseSite
	archives atomic.Int32 // how many archives were fetched
}

// newSite serves one Terraform release; damage is appended to the archive
// after its checksum was taken.
func newSite(t *testing.T, version string, damage []byte) *site {
	t.Helper()
	var archive bytes.Buffer
	packed := zip.NewWriter(&archive)
	file, err := packed.Create("terraform")
	if err == nil {
		_, err = file.Write([]byte(fakeScript(version, "exit 1")))
	}
	if err == nil {
		err = packed.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	archiveName := fmt.Sprintf("terraform_%s_%s_%s.zip", version, runtime.GOOS, runtime.GOARCH)
	sums := fmt.Appendf(nil, "%x  %s\n", sha256.Sum256(archive.Bytes()), archiveName)

	entity, err := openpgp.NewEntity("test", "", "test@example.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	var signature, key bytes.Buffer
	if err := openpgp.DetachSign(&signature, entity, bytes.NewReader(sums), nil); err != nil {
		t.Fatal(err)
	}
	armored, err := armor.Encode(&key, openpgp.PublicKeyType, nil)
	if err == nil {
		err = entity.Serialize(armored)
	}
	if err == nil {
		err = armored.Close()
	}
	if err != nil {
		t.Fatal(err)
	}

	s := &site{}
	index := fmt.Sprintf(`{"name":"terraform","versions":{%[1]q:{"name":"terraform","version":%[1]q,
"shasums":"SUMS","shasums_signature":"terraform_SHA256SUMS.sig","shasums_signatures":["terraform_SHA256SUMS.sig"],
"builds":[{"name":"terraform","version":%[1]q,"os":%[2]q,"arch":%[3]q,"filename":%[4]q,
"url":"https://releases.hashicorp.com/terraform/%[5]s/%[6]s"}]}}}`,
		version, runtime.GOOS, runtime.GOARCH, archiveName, version, archiveName)
	serve := func(contentType string, body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			if contentType == "application/zip" {
				s.archives.Add(1)
			}
			_, _ = w.Write(body)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/terraform/index.json", serve("application/json", []byte(index)))
	mux.Handle("/terraform/"+version+"/SUMS", serve("text/plain", sums))
	mux.Handle("/terraform/"+version+"/terraform_SHA256SUMS.sig", serve("application/octet-stream", signature.Bytes()))
	mux.Handle("/terraform/"+version+"/"+archiveName, serve("application/zip", append(archive.Bytes(), damage...)))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.url, s.armoredKey = server.URL, key.String()
	return s
}

func TestDownloadOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, "1.12.1", nil)
	cache := t.TempDir()
	var group sync.WaitGroup
	infos, errs := make([]Info, 4), make([]error, 4)
	for i := range infos {
		runner := newRunner(t, Options{CacheDir: cache, Env: map[string]string{}, MirrorRoots: []string{}, releases: s.releaseSite})
		group.Go(func() { infos[i], errs[i] = runner.Describe(t.Context()) })
	}
	group.Wait()
	from := map[string]int{}
	for i, info := range infos {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		from[info.From]++
		if want := filepath.Join(cache, "terraform", "1.12.1", "terraform"); info.Path != want || info.Version != "1.12.1" {
			t.Errorf("runner %d uses %s %s, want %s 1.12.1", i, info.Path, info.Version, want)
		}
	}
	if s.archives.Load() != 1 || from["download"] != 1 || from["cache"] != 3 {
		t.Errorf("%d downloads, found %v; want one download and three from the cache", s.archives.Load(), from)
	}
	if left, _ := filepath.Glob(filepath.Join(cache, "terraform", ".partial-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestDownloadRefusesWhatWasTamperedWith(t *testing.T) {
	t.Parallel()
	other := newSite(t, "1.12.1", nil)
	for name, change := range map[string]func(*testing.T) releaseSite{
		"checksum": func(t *testing.T) releaseSite { return newSite(t, "1.12.1", []byte("x")).releaseSite },
		"signature": func(t *testing.T) releaseSite {
			s := newSite(t, "1.12.1", nil).releaseSite
			s.armoredKey = other.armoredKey
			return s
		},
		"version too old": func(t *testing.T) releaseSite { return newSite(t, "1.10.5", nil).releaseSite },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cache := t.TempDir()
			runner := newRunner(t, Options{CacheDir: cache, Env: map[string]string{}, releases: change(t)})
			if _, err := runner.Version(t.Context()); !problem.Is(err, problem.TerraformMissing) {
				t.Errorf("got %v, want %s", err, problem.TerraformMissing)
			}
			entries, err := os.ReadDir(filepath.Join(cache, "terraform"))
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range entries {
				if entry.Name() != ".lock" {
					t.Errorf("left in the cache: %s", entry.Name())
				}
			}
		})
	}
}
