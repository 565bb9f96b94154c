package kit

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/goal-mandala/mandala-deploy/test/kit/signin"
)

// Application is a deployed application as those who use it see it: by its
// addresses and the names that its deployment gave.
type Application struct {
	Config  aws.Config
	API     string // address of the stage, without a slash at the end
	Site    string
	Mail    string         // lists the mails that were sent
	Outputs map[string]any // of the root
	t       testing.TB
}

// NewApplication finds the application that was deployed to the project's local AWS.
func NewApplication(t testing.TB, p *Project, outputs map[string]any) *Application {
	t.Helper()
	a := &Application{Config: p.AWSConfig(context.WithoutCancel(t.Context())), Outputs: outputs, t: t}
	var status struct {
		Endpoints []struct{ Kind, Name, URL string }
	}
	p.JSON(0, &status, "local", "status")
	for _, endpoint := range status.Endpoints {
		switch endpoint.Kind {
		case "api":
			a.API = endpoint.URL
		case "site":
			a.Site = strings.TrimSuffix(endpoint.URL, "/")
		case "mail":
			a.Mail = endpoint.URL
		}
	}
	if a.API == "" || a.Site == "" || a.Mail == "" {
		t.Fatalf("the local AWS does not tell where the API, the site and the mails are: %+v", status.Endpoints)
	}
	return a
}

// For gives the application to another test, such as a subtest.
func (a *Application) For(t testing.TB) *Application {
	given := *a
	given.t = t
	return &given
}

// Output gives an output of the root that is a text.
func (a *Application) Output(name string) string {
	a.t.Helper()
	text, ok := a.Outputs[name].(string)
	if !ok || text == "" {
		a.t.Fatalf("the root has no output %s", name)
	}
	return text
}

// Function gives the full name of a function.
func (a *Application) Function(name string) string {
	a.t.Helper()
	names, _ := a.Outputs["function_names"].(map[string]any)
	full, ok := names[name].(string)
	if !ok {
		a.t.Fatalf("the root's outputs name no function %s", name)
	}
	return full
}

// Invoke calls the alias of a function and reads its answer into into, unless that
// is nil. It gives the end of the function's log. An error of the function is a
// failure.
func (a *Application) Invoke(name string, event, into any) string {
	a.t.Helper()
	payload, err := json.Marshal(event)
	if err != nil {
		a.t.Fatal(err)
	}
	answer, err := lambda.NewFromConfig(a.Config).Invoke(a.t.Context(), &lambda.InvokeInput{
		FunctionName: aws.String(a.Function(name)), Qualifier: aws.String("live"),
		Payload: payload, LogType: lambdatypes.LogTypeTail,
	})
	if err != nil {
		a.t.Fatalf("invoke %s: %v", name, err)
	}
	tail := decoded(a.t, aws.ToString(answer.LogResult))
	if answer.FunctionError != nil {
		a.t.Fatalf("%s: %s\n%s", name, answer.Payload, tail)
	}
	if into != nil {
		if err := json.Unmarshal(answer.Payload, into); err != nil {
			a.t.Fatalf("%s answered %s: %v", name, answer.Payload, err)
		}
	}
	return tail
}

// Person calls the API as somebody who signed in; without a token, as anybody.
type Person struct {
	Email string
	Token string
	app   *Application
}

// Anybody calls the API without a sign-in.
func (a *Application) Anybody() *Person { return &Person{app: a} }

// Answer is an answer of the API.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do sends a request, with change made to it, and gives its answer whatever that is.
func (p *Person) Do(method, path string, body any, change ...func(*http.Request)) Answer {
	t := p.app.t
	t.Helper()
	answer, err := p.Try(t.Context(), method, path, body, change...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer
}

// Client keeps connections: API Gateway's and CloudFront's do. Every name under
// localhost is this machine, as browsers have it.
var Client = &http.Client{Timeout: 40 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64, DialContext: dialLocalhost}}

func dialLocalhost(ctx context.Context, network, address string) (net.Conn, error) {
	if host, port, err := net.SplitHostPort(address); err == nil && strings.HasSuffix(host, ".localhost") {
		address = net.JoinHostPort("127.0.0.1", port)
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

// Try is Do for those who count errors.
func (p *Person) Try(ctx context.Context, method, path string, body any, change ...func(*http.Request)) (Answer, error) {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return Answer{}, err
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, p.app.API+path, content)
	if err != nil {
		return Answer{}, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if p.Token != "" {
		request.Header.Set("Authorization", p.Token)
	}
	for _, edit := range change {
		edit(request)
	}
	response, err := Client.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	return Answer{response.StatusCode, response.Header, read}, err
}

// Call sends a request that has to be answered with the status, and reads the
// answer into into, unless that is nil.
func (p *Person) Call(status int, into any, method, path string, body any, change ...func(*http.Request)) Answer {
	t := p.app.t
	t.Helper()
	answer := p.Do(method, path, body, change...)
	if answer.Status != status {
		t.Fatalf("%s %s: %d, wanted %d: %s", method, path, answer.Status, status, answer.Body)
	}
	if into != nil {
		if err := json.Unmarshal(answer.Body, into); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, answer.Body)
		}
	}
	return answer
}

// Eventually asks again and again until ask is true, or fails after limit.
func (a *Application) Eventually(limit time.Duration, what string, ask func() bool) {
	a.t.Helper()
	for begun := time.Now(); !ask(); time.Sleep(100 * time.Millisecond) {
		if time.Since(begun) > limit {
			a.t.Fatalf("%s: not within %v", what, limit)
		}
	}
}

func decoded(t testing.TB, text string) string {
	t.Helper()
	plain, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

// SignUp makes a user of the pool, as the application's page does, and signs in. The
// address gets a suffix, so that it is new where the application stands for long.
func (a *Application) SignUp(email string) *Person {
	a.t.Helper()
	const password = "Correct-horse-9-battery" //nolint:gosec // of a user who lives as long as the test
	local, domain, _ := strings.Cut(email, "@")
	separator := "+"
	if strings.Contains(local, "+") {
		separator = "-"
	}
	email = fmt.Sprintf("%s%s%x@%s", local, separator, time.Now().UnixNano(), domain)
	pool, clientID := a.Output("user_pool_id"), a.Output("user_pool_client_id")
	api := cognitoidentityprovider.NewFromConfig(a.Config)
	if _, err := api.SignUp(a.t.Context(), &cognitoidentityprovider.SignUpInput{
		ClientId: &clientID, Username: &email, Password: aws.String(password),
		UserAttributes: []cognitotypes.AttributeType{{Name: aws.String("email"), Value: &email}},
	}); err != nil {
		a.t.Fatalf("sign up %s: %v", email, err)
	}
	if _, err := api.AdminConfirmSignUp(a.t.Context(), &cognitoidentityprovider.AdminConfirmSignUpInput{UserPoolId: &pool, Username: &email}); err != nil {
		a.t.Fatalf("confirm %s: %v", email, err)
	}
	tokens, err := signin.SignIn(a.t.Context(), a.Config, pool, clientID, email, password)
	if err != nil {
		a.t.Fatalf("sign in as %s: %v", email, err)
	}
	return &Person{Email: email, Token: tokens.ID, app: a}
}
