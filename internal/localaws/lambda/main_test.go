package lambda_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/goal-mandala/mandala-deploy/internal/localaws"
	"github.com/goal-mandala/mandala-deploy/internal/localaws/lambda"
	"github.com/goal-mandala/mandala-deploy/internal/localaws/messages"
	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

const region = "ap-northeast-1"

// shared is what all tests with an emulator use: the emulator, and a function's
// code. The first of them makes it.
var shared struct {
	once   sync.Once
	err    error
	dir    string
	status localaws.Status
	code   []byte // zip with the bootstrap of testdata
	role   string
}

// The test binary is the server, too: "serve --dir DIR".
func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	if len(os.Args) == 4 && os.Args[1] == "serve" {
		if err := localaws.Serve(ctx, os.Args[3], localaws.Options{}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := func() int {
		defer func() {
			if shared.dir == "" {
				return
			}
			_ = localaws.Down(context.WithoutCancel(ctx), shared.dir)
			_ = os.RemoveAll(filepath.Dir(shared.dir))
		}()
		return m.Run()
	}()
	stop()
	os.Exit(code)
}

func prepare(ctx context.Context) (err error) {
	temporary, err := os.MkdirTemp("", "lambda-test-")
	if err != nil {
		return err
	}
	shared.dir = filepath.Join(temporary, "local")
	var wait sync.WaitGroup
	var building error
	wait.Go(func() { shared.code, building = build(ctx, temporary) })
	shared.status, err = start(ctx, shared.dir)
	wait.Wait()
	if building != nil {
		return building
	}
	if err != nil {
		return err
	}
	shared.role, err = createRole(ctx, shared.status.Address)
	return err
}

// createRole creates the role that functions run as.
func createRole(ctx context.Context, address string) (arn string, err error) {
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	role, err := iam.NewFromConfig(client(address)).CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: aws.String("functions"), AssumeRolePolicyDocument: aws.String(trust),
	})
	if err != nil {
		return "", err
	}
	return *role.Role.Arn, nil
}

func makeRole(t *testing.T, address string) string {
	t.Helper()
	arn, err := createRole(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	return arn
}

func start(ctx context.Context, dir string) (localaws.Status, error) {
	self, err := os.Executable()
	if err != nil {
		return localaws.Status{}, err
	}
	return localaws.Up(ctx, dir, localaws.Options{Command: []string{self, "serve"}, OwnerPID: os.Getpid(), Version: "test"})
}

// build gives a zip with the test function for this machine.
func build(ctx context.Context, dir string) ([]byte, error) {
	target := filepath.Join(dir, "bootstrap")
	command := exec.CommandContext(ctx, "go", "build", "-o", target, "./testdata/bootstrap")
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	if output, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building the test function: %w\n%s", err, output)
	}
	content, err := os.ReadFile(target)
	if err != nil {
		return nil, err
	}
	return archive("bootstrap", string(content))
}

// archive gives a zip with one executable file.
func archive(name, content string) ([]byte, error) {
	return archives(map[string]string{name: content})
}

// archives gives a zip with executable files.
func archives(files map[string]string) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range files {
		header := &zip.FileHeader{Name: name, Method: zip.Deflate}
		header.SetMode(0o755)
		file, err := w.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(file, content); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

func client(address string) aws.Config {
	return aws.Config{
		BaseEndpoint: &address, Region: region, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIAMANDALALOCAL0000", "local", ""),
	}
}

// plane starts a plane of its own in front of the shared emulator.
func plane(t testing.TB, change func(*lambda.Options)) (address string) {
	t.Helper()
	shared.once.Do(func() { shared.err = prepare(context.WithoutCancel(t.Context())) })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	port, err := os.ReadFile(filepath.Join(shared.dir, "emulator.port"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	options := lambda.Options{
		Dir:      filepath.Join(t.TempDir(), "functions"),
		Emulator: &url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", strings.TrimSpace(string(port)))},
		Proxy:    &url.URL{Scheme: "http", Host: server.Listener.Addr().String()},
		Account:  localaws.Account,
		Environment: func(region string) map[string]string {
			return localaws.Environment("http://"+server.Listener.Addr().String(), region)
		},
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Minute: 60 * time.Millisecond,
	}
	if change != nil {
		change(&options)
	}
	p, err := lambda.New(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	told := messages.New(t.Context(), messages.Options{
		Emulator: upstream.New(options.Emulator), Proxy: upstream.New(options.Proxy), Account: localaws.Account,
		Invoke: func(function string, payload []byte) error {
			return p.Send(lambda.Event{Function: function, Payload: payload})
		},
		Logger: options.Logger, Clock: time.Now,
	})
	server.Config.Handler = localaws.NewProxy(options.Emulator, []localaws.Route{
		{Name: "Invoke", Match: lambda.IsInvocation, Handler: p.Invocations()},
		{Match: lambda.IsWatched, Through: p.Watch},
		{Match: messages.IsWatched, Through: told.Watch},
	}, slog.New(slog.DiscardHandler))
	server.Start()
	t.Cleanup(func() { told.Close(); p.Close(); server.Close() })
	return "http://" + server.Listener.Addr().String()
}

// deploy creates a function with the test's bootstrap, changed as change says.
func deploy(t testing.TB, address, name string, change func(*awslambda.CreateFunctionInput)) *awslambda.Client {
	t.Helper()
	input := &awslambda.CreateFunctionInput{
		Code: &types.FunctionCode{ZipFile: shared.code}, FunctionName: &name, Handler: aws.String("bootstrap"),
		Role: &shared.role, Runtime: types.RuntimeProvidedal2023, Timeout: aws.Int32(20), MemorySize: aws.Int32(256),
	}
	if change != nil {
		change(input)
	}
	api := awslambda.NewFromConfig(client(address))
	if _, err := api.CreateFunction(t.Context(), input); err != nil {
		t.Fatal(err)
	}
	return api
}

// answer is what the test function says of itself.
type answer struct {
	Event    json.RawMessage
	PID      int
	Env      map[string]string
	Arn      string
	Trace    string
	Deadline string
	Context  string
}

func invoke(t *testing.T, api *awslambda.Client, name, payload string) *awslambda.InvokeOutput {
	t.Helper()
	output, err := api.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: &name, Payload: []byte(payload), LogType: types.LogTypeTail})
	if err != nil {
		t.Fatal(err)
	}
	return output
}

func decode(t *testing.T, output *awslambda.InvokeOutput) (a answer) {
	t.Helper()
	if output.FunctionError != nil {
		t.Fatalf("%s: %s", *output.FunctionError, output.Payload)
	}
	if err := json.Unmarshal(output.Payload, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// eventually tries until ok gives nil.
func eventually(t *testing.T, ok func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if err = ok(); err == nil {
			return
		}
	}
	t.Fatal(err)
}
