package script

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/goal-mandala/mandala-deploy/internal/localaws"
)

const region = "ap-northeast-1"

// sharedAWS is the one local AWS of all scripts, started by the first that
// wants it. Each script has a bucket of its own in it.
type sharedAWS struct {
	dir   string
	cache string // Python's, shared by all scripts

	mu      sync.Mutex
	address string
}

// link makes the script's project use the shared local AWS, and sets ENDPOINT
// and credentials with which environment live reaches it: local-aws
func (a *sharedAWS) link(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: local-aws")
	}
	work := ts.MkAbs(".mandala")
	ts.Check(os.MkdirAll(work, 0o700))
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.address == "" {
		self, err := exec.LookPath(program) // testscript put it on PATH
		ts.Check(err)
		status, err := localaws.Up(context.Background(), a.dir, localaws.Options{
			OwnerPID: os.Getpid(), Cache: a.cache, Command: []string{self, "local", "serve"}, Notice: func(string) {},
		})
		ts.Check(err)
		a.address = status.Address
	}
	ts.Check(os.Symlink(a.dir, filepath.Join(work, "local-aws")))
	ts.Setenv("ENDPOINT", a.address)
	for name, value := range localaws.Environment(a.address, region) {
		if strings.HasPrefix(name, "AWS_") && strings.Contains(name, "ACCESS_KEY") {
			ts.Setenv(name, value)
		}
	}
}

func (a *sharedAWS) s3() *s3.Client {
	variables := localaws.Environment(a.address, region)
	return s3.New(s3.Options{
		Region: region, BaseEndpoint: aws.String(a.address), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], ""),
	})
}

// put writes a file into the script's bucket: putobject KEY FILE
func (a *sharedAWS) put(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: putobject KEY FILE")
	}
	_, err := a.s3().PutObject(context.Background(), &s3.PutObjectInput{
		Bucket: aws.String(ts.Getenv("BUCKET")), Key: &args[0], Body: strings.NewReader(ts.ReadFile(args[1])),
	})
	ts.Check(err)
}

// list writes the keys in the script's bucket to stdout, a line each: objects
func (a *sharedAWS) list(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: objects")
	}
	page, err := a.s3().ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: aws.String(ts.Getenv("BUCKET"))})
	ts.Check(err)
	out := ts.Stdout()
	for _, object := range page.Contents {
		_, err := out.Write([]byte(*object.Key + "\n"))
		ts.Check(err)
	}
}
