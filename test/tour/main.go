// Command tour uses environment local as somebody new to it would, after
// `mandala-deploy apply local`: it signs up and in, makes a goal, has its tasks
// generated, and prints the mandala chart that the API answers. `make demo` ends
// with it.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/goal-mandala/mandala-deploy/internal/localaws"
	"github.com/goal-mandala/mandala-deploy/test/kit/signin"
)

const region = "ap-northeast-1"

// positions is how many sub-goals a goal, and how many actions a sub-goal has.
const positions = 8

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	command := "bin/mandala-deploy"
	if len(os.Args) > 1 {
		command = os.Args[1]
	}
	err := tour(ctx, command)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tour:", err)
		os.Exit(1)
	}
}

func tour(ctx context.Context, command string) error {
	status, err := inspect(ctx, command)
	if err != nil {
		return err
	}
	v := visitor{}
	for _, endpoint := range status.Endpoints {
		if endpoint.Kind == "api" {
			v.api = endpoint.URL
		}
	}
	if v.api == "" {
		return errors.New("the local AWS has no API: run `mandala-deploy apply local` first")
	}
	began := time.Now()
	email := fmt.Sprintf("visitor-%d@example.com", began.Unix())
	if v.token, err = signUp(ctx, status.Address, email); err != nil {
		return err
	}
	fmt.Printf("signed up and in as %s\n", email)

	goal, err := v.plant(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("made a goal with %d sub-goals of %d actions\n", positions, positions)
	if err := v.generate(ctx, goal); err != nil {
		return err
	}
	var chart chart
	path := "/goals/" + goal + "/chart"
	if err := v.call(ctx, http.MethodGet, path, nil, &chart); err != nil {
		return err
	}
	fmt.Printf("GET %s%s\n\n", v.api, path)
	chart.print(os.Stdout)
	fmt.Printf("\n%.1f s from the sign-up to the chart.\n", time.Since(began).Seconds())
	return nil
}

func inspect(ctx context.Context, command string) (localaws.Status, error) {
	var status localaws.Status
	cmd := exec.CommandContext(ctx, command, "local", "status", "--json")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return status, fmt.Errorf("%s local status: %w", command, err)
	}
	return status, json.Unmarshal(out, &status)
}

// signUp makes a user of the deployed pool and signs in, as the application's page
// does; confirming the address is left to an administrator.
func signUp(ctx context.Context, address, email string) (token string, err error) {
	const password = "Take-a-tour-of-it-1" //nolint:gosec // of a user of a local AWS
	variables := localaws.Environment(address, region)
	config := aws.Config{Region: region, BaseEndpoint: &address,
		Credentials: credentials.NewStaticCredentialsProvider(variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], "")}
	api := cognito.NewFromConfig(config)
	pools, err := api.ListUserPools(ctx, &cognito.ListUserPoolsInput{MaxResults: aws.Int32(1)})
	if err != nil || len(pools.UserPools) == 0 {
		return "", fmt.Errorf("find the user pool: %w", errors.Join(err, errIfNone(len(pools.UserPools))))
	}
	pool := pools.UserPools[0].Id
	clients, err := api.ListUserPoolClients(ctx, &cognito.ListUserPoolClientsInput{UserPoolId: pool})
	if err != nil || len(clients.UserPoolClients) == 0 {
		return "", fmt.Errorf("find the pool's client: %w", errors.Join(err, errIfNone(len(clients.UserPoolClients))))
	}
	client := clients.UserPoolClients[0].ClientId
	if _, err := api.SignUp(ctx, &cognito.SignUpInput{ClientId: client, Username: &email, Password: aws.String(password),
		UserAttributes: []types.AttributeType{{Name: aws.String("email"), Value: &email}}}); err != nil {
		return "", fmt.Errorf("sign up: %w", err)
	}
	if _, err := api.AdminConfirmSignUp(ctx, &cognito.AdminConfirmSignUpInput{UserPoolId: pool, Username: &email}); err != nil {
		return "", fmt.Errorf("confirm the sign-up: %w", err)
	}
	tokens, err := signin.SignIn(ctx, config, *pool, *client, email, password)
	return tokens.ID, err
}

func errIfNone(count int) error {
	if count > 0 {
		return nil
	}
	return errors.New("there is none")
}

// visitor calls the API.
type visitor struct{ api, token string }

func (v visitor) call(ctx context.Context, method, path string, body, into any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, v.api+path, bytes.NewReader(content))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", v.token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	return json.Unmarshal(answer, into)
}

type made struct{ ID, Status string }

// themes are the sub-goals of the goal that the visitor sets.
var themes = [positions]string{"Endurance", "Speed", "Strength", "Mobility", "Nutrition", "Sleep", "Gear", "Mind"}

func (v visitor) plant(ctx context.Context) (goal string, err error) {
	var root made
	if err := v.call(ctx, http.MethodPost, "/goals", map[string]any{"title": "Run a marathon", "deadline": time.Now().AddDate(1, 0, 0).Format(time.DateOnly)}, &root); err != nil {
		return "", err
	}
	for i, theme := range themes {
		var subGoal made
		if err := v.call(ctx, http.MethodPost, "/goals/"+root.ID+"/sub-goals", map[string]any{"position": i, "title": theme}, &subGoal); err != nil {
			return "", err
		}
		for j := range positions {
			action := map[string]any{"position": j, "title": fmt.Sprintf("%s, step %d", theme, j+1), "type": []string{"execution", "habit"}[j%2]}
			if err := v.call(ctx, http.MethodPost, "/goals/"+root.ID+"/sub-goals/"+subGoal.ID+"/actions", action, &made{}); err != nil {
				return "", err
			}
		}
	}
	return root.ID, nil
}

// generate has the workflow make the tasks, and waits for it.
func (v visitor) generate(ctx context.Context, goal string) error {
	var execution made
	if err := v.call(ctx, http.MethodPost, "/ai/executions", map[string]any{"goalId": goal}, &execution); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for execution.Status == "pending" || execution.Status == "running" {
		select {
		case <-ctx.Done():
			return fmt.Errorf("generation %s does not end: %w", execution.ID, ctx.Err())
		case <-time.After(time.Second):
		}
		if err := v.call(ctx, http.MethodGet, "/ai/executions/"+execution.ID, nil, &execution); err != nil {
			return err
		}
	}
	fmt.Printf("the workflow ran: generation %s\n", execution.Status)
	if execution.Status != "succeeded" {
		return fmt.Errorf("generation %s ended %s", execution.ID, execution.Status)
	}
	return nil
}

type chart struct {
	Goal struct {
		Title, Status string
		Progress      int
	}
	SubGoals []struct {
		Title   string
		Actions []struct{ Tasks []struct{ Title string } }
	}
}

// print draws the middle of the chart: the goal among its sub-goals.
func (c chart) print(w io.Writer) {
	const width = 22
	cells := make([]string, 0, positions+1)
	for i, subGoal := range c.SubGoals {
		tasks := 0
		for _, action := range subGoal.Actions {
			tasks += len(action.Tasks)
		}
		if i == positions/2 {
			cells = append(cells, c.Goal.Title+"\n"+fmt.Sprintf("%s, %d %%", c.Goal.Status, c.Goal.Progress))
		}
		cells = append(cells, fmt.Sprintf("%s\n%d actions, %d tasks", subGoal.Title, len(subGoal.Actions), tasks))
	}
	line := strings.Repeat("+"+strings.Repeat("-", width), 3) + "+\n"
	for row := 0; row+3 <= len(cells); row += 3 {
		fmt.Fprint(w, line)
		for part := range 2 {
			for _, cell := range cells[row : row+3] {
				fmt.Fprintf(w, "| %-*s", width-1, strings.Split(cell, "\n")[part])
			}
			fmt.Fprintln(w, "|")
		}
	}
	fmt.Fprint(w, line)
}
