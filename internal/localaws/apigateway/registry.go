package apigateway

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

// definition is an API at one point of time: what a deployment holds.
type definition struct {
	resources   []resource
	authorizers map[string]authorizer
	validators  map[string]validator
	responses   map[string]gatewayResponse
	binary      []string // media types
}

// The parts of an API as the emulator tells them.
type (
	resource struct {
		ID              string            `json:"id"`
		Path            string            `json:"path"`
		ResourceMethods map[string]method `json:"resourceMethods"`

		segments []string // of the path
	}
	method struct {
		AuthorizationType   string
		AuthorizerID        string `json:"authorizerId"`
		AuthorizationScopes []string
		OperationName       string
		RequestParameters   map[string]bool // method.request.PLACE.NAME: whether it is required
		RequestValidatorID  string          `json:"requestValidatorId"`
		MethodIntegration   *integration
	}
	integration struct {
		Type                 string
		URI                  string `json:"uri"`
		PassthroughBehavior  string
		TimeoutInMillis      int
		RequestTemplates     map[string]string
		IntegrationResponses map[string]integrationResponse
	}
	integrationResponse struct {
		StatusCode         string
		SelectionPattern   string
		ResponseParameters map[string]string
		ResponseTemplates  map[string]string
	}
	authorizer struct {
		ID             string `json:"id"`
		Type           string
		IdentitySource string
		ProviderARNs   []string `json:"providerARNs"`
	}
	validator struct {
		ID                        string `json:"id"`
		ValidateRequestParameters bool
	}
	gatewayResponse struct {
		ResponseType       string
		StatusCode         string
		ResponseParameters map[string]string
		ResponseTemplates  map[string]string
	}
	stage struct {
		StageName         string
		DeploymentID      string `json:"deploymentId"`
		Variables         map[string]string
		TracingEnabled    bool
		MethodSettings    map[string]methodSetting // by RESOURCE/METHOD, or */*
		AccessLogSettings *struct{ Format, DestinationArn string }
	}
	methodSetting struct {
		ThrottlingRateLimit  float64
		ThrottlingBurstLimit int
	}
	restAPI struct {
		ID                        string `json:"id"`
		Name                      string
		BinaryMediaTypes          []string
		DisableExecuteAPIEndpoint bool `json:"disableExecuteApiEndpoint"`
	}
)

// items is how the emulator lists.
type items[T any] struct {
	Item []T `json:"item"`
}

// api is a REST API with its stages.
type api struct {
	rest    restAPI
	region  string
	stages  map[string]stage
	current *definition // read when a stage's deployment was not seen
}

// registry reads APIs from the emulator and remembers them until something is
// changed. moto keeps no snapshots of deployments, so they are kept here.
type registry struct {
	emulator *upstream.Client

	mu         sync.Mutex
	generation int
	regions    map[string]bool // where APIs were made
	apis       map[string]*api
	deployment map[string]*definition // by API/deployment
}

func newRegistry(emulator *upstream.Client) *registry {
	return &registry{emulator: emulator, regions: map[string]bool{}, apis: map[string]*api{}, deployment: map[string]*definition{}}
}

// changed forgets what was read.
func (g *registry) changed(region string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.generation++
	g.regions[region] = true
	clear(g.apis)
}

// deployed keeps what the API is at this moment; answer is CreateDeployment's.
func (g *registry) deployed(ctx context.Context, region, id string, answer []byte) error {
	var made struct{ ID string }
	if err := json.Unmarshal(answer, &made); err != nil {
		return err
	}
	var rest restAPI
	if err := g.emulator.Get(ctx, "apigateway", region, "/restapis/"+url.PathEscape(id), &rest); err != nil {
		return err
	}
	now, err := g.define(ctx, region, rest)
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.deployment[id+"/"+made.ID] = now
	return nil
}

// seen gives the regions in which APIs may be.
func (g *registry) seen() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Sorted(maps.Keys(g.regions))
}

// list gives the stages of a region's APIs.
func (g *registry) list(ctx context.Context, region string) ([]Stage, error) {
	var found items[restAPI]
	if err := g.emulator.Get(ctx, "apigateway", region, "/restapis", &found); err != nil {
		return nil, fmt.Errorf("listing REST APIs: %w", err)
	}
	var stages []Stage
	for _, rest := range found.Item {
		var deployed items[stage]
		if err := g.emulator.Get(ctx, "apigateway", region, "/restapis/"+rest.ID+"/stages", &deployed); err != nil {
			return nil, fmt.Errorf("listing stages of %s: %w", rest.Name, err)
		}
		for _, s := range deployed.Item {
			stages = append(stages, Stage{API: rest.ID, Name: rest.Name, Stage: s.StageName})
		}
	}
	slices.SortFunc(stages, func(a, b Stage) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Stage, b.Stage)) })
	return stages, nil
}

// deployedStage is a stage with what it serves.
type deployedStage struct {
	stage

	rest   restAPI
	region string
	*definition
}

// find gives a stage; nil where there is none.
func (g *registry) find(ctx context.Context, id, name string) (*deployedStage, error) {
	g.mu.Lock()
	generation, known, regions := g.generation, g.apis[id], slices.Sorted(maps.Keys(g.regions))
	g.mu.Unlock()
	if known == nil {
		for _, region := range regions {
			read, err := g.read(ctx, region, id)
			if upstream.NotFound(err) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("reading REST API %s: %w", id, err)
			}
			known = read
			break
		}
		if known == nil {
			return nil, nil //nolint:nilnil // there is none
		}
		g.mu.Lock()
		if g.generation == generation {
			g.apis[id] = known
		}
		g.mu.Unlock()
	}
	s, ok := known.stages[name]
	if !ok {
		return nil, nil //nolint:nilnil // there is none
	}
	g.mu.Lock()
	serves := g.deployment[id+"/"+s.DeploymentID]
	g.mu.Unlock()
	if serves == nil {
		serves = known.current
	}
	return &deployedStage{stage: s, rest: known.rest, region: known.region, definition: serves}, nil
}

// read asks for an API with all that is in it.
func (g *registry) read(ctx context.Context, region, id string) (*api, error) {
	a := &api{region: region, stages: map[string]stage{}}
	base := "/restapis/" + url.PathEscape(id)
	if err := g.emulator.Get(ctx, "apigateway", region, base, &a.rest); err != nil {
		return nil, err
	}
	var stages items[stage]
	if err := g.emulator.Get(ctx, "apigateway", region, base+"/stages", &stages); err != nil {
		return nil, err
	}
	for _, s := range stages.Item {
		a.stages[s.StageName] = s
	}
	var err error
	a.current, err = g.define(ctx, region, a.rest)
	return a, err
}

// define reads what a deployment holds.
func (g *registry) define(ctx context.Context, region string, rest restAPI) (*definition, error) {
	base := "/restapis/" + url.PathEscape(rest.ID)
	var resources items[resource]
	var authorizers items[authorizer]
	var validators items[validator]
	var responses items[gatewayResponse]
	for target, into := range map[string]any{
		"/resources?embed=methods&limit=500": &resources, "/authorizers": &authorizers,
		"/requestvalidators": &validators, "/gatewayresponses": &responses,
	} {
		if err := g.emulator.Get(ctx, "apigateway", region, base+target, into); err != nil {
			return nil, err
		}
	}
	d := &definition{
		resources: resources.Item, binary: rest.BinaryMediaTypes, authorizers: map[string]authorizer{},
		validators: map[string]validator{}, responses: map[string]gatewayResponse{},
	}
	for i := range d.resources {
		d.resources[i].segments = segments(d.resources[i].Path)
	}
	// More exact paths first: what is written out, then what is in braces.
	slices.SortStableFunc(d.resources, func(a, b resource) int { return strings.Compare(order(a), order(b)) })
	for _, item := range authorizers.Item {
		d.authorizers[item.ID] = item
	}
	for _, item := range validators.Item {
		d.validators[item.ID] = item
	}
	for _, item := range responses.Item {
		d.responses[item.ResponseType] = item
	}
	return d, nil
}
