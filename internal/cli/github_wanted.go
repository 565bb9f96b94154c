package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/github"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

// The variables that workflows read. Those of runs that plan and that build releases are
// the repository's: they are in no GitHub Environment, which would ask the reviewers.
const (
	regionVariable       = "AWS_REGION"
	deployRoleVariable   = "AWS_DEPLOY_ROLE_ARN"
	planRolePrefix       = "AWS_PLAN_ROLE_ARN_"
	releaseRolePrefix    = "AWS_RELEASE_ROLE_ARN_"
	environmentsVariable = "PLAN_ENVIRONMENTS"
)

// The root's outputs with the roles.
const (
	deployRoleOutput  = "deploy_role_arn"
	planRoleOutput    = "plan_role_arn"
	releaseRoleOutput = "release_role_arn"
)

const (
	undeployed = "not known yet: deploy layer delivery first"
	unaskable  = "not known: AWS could not be asked"
)

// roles are the roles of one environment, or why they are not known.
type roles struct{ deploy, plan, release github.Variable }

// standingOutputs gives an environment's root outputs as they stand.
func (a *app) standingOutputs(ctx context.Context, name string) (map[string]engine.Value, error) {
	e, err := a.engine(ctx, name)
	if err != nil {
		return nil, err
	}
	return e.StandingOutputs(ctx)
}

// roles asks each environment. One that cannot be asked, as with the credentials
// of another account, keeps none of the rest from being set up: unasked says why.
func (a *app) roles(ctx context.Context, environments []*environment.Environment, outputs func(context.Context, string) (map[string]engine.Value, error)) (all map[string]roles, unasked error) {
	all = map[string]roles{}
	var failures []error
	for _, e := range environments {
		values, err := outputs(ctx, e.Name)
		reason := undeployed
		if ctx.Err() != nil {
			break
		}
		if err != nil && !problem.Is(err, problem.NotDeployed) && !problem.Is(err, problem.NoBucket) {
			reason = unaskable
			view.Warning(a.Stderr, err, a.palette(a.Stderr))
			failures = append(failures, err)
		}
		all[e.Name] = roles{
			deploy:  role(deployRoleVariable, values[deployRoleOutput], reason),
			plan:    role(planRoleVariable(e.Name), values[planRoleOutput], reason),
			release: role(releaseRolePrefix+variableName(e.Name), values[releaseRoleOutput], reason),
		}
	}
	return all, errors.Join(failures...)
}

func role(variable string, output engine.Value, reason string) github.Variable {
	arn, _ := output.Value.(string)
	if arn == "" {
		return github.Variable{Name: variable, Unknown: reason}
	}
	return github.Variable{Name: variable, Value: arn}
}

// planRoleVariable is AWS_PLAN_ROLE_ARN_ and the environment's name as variables
// are written: capitals, digits and underscores.
func planRoleVariable(name string) string { return planRolePrefix + variableName(name) }

func variableName(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, strings.ToUpper(name))
}

// sameRegion gives the region of the project's environments in AWS, "" where they
// are in several.
func sameRegion(fsys fs.FS) string {
	names, _ := environment.Names(fsys)
	region := ""
	for _, name := range names {
		e, err := environment.LoadSettings(fsys, name)
		switch {
		case err != nil || e.Settings.Target != environment.TargetAWS: // what is broken is told where it is used
		case region == "":
			region = e.Settings.Region
		case region != e.Settings.Region:
			return ""
		}
	}
	return region
}

// wantedOf is what the repository needs. Where environments are in several
// regions, each GitHub Environment has its own, and the repository one for each.
func wantedOf(branch string, environments []*environment.Environment, region string, reviewers []github.Reviewer, known map[string]roles) (github.Setup, error) {
	wanted := github.Setup{Branch: branch}
	if region != "" {
		wanted.Variables = append(wanted.Variables, github.Variable{Name: regionVariable, Value: region})
	}
	taken := map[string]string{}
	for _, e := range environments {
		suffix := variableName(e.Name)
		if other, ok := taken[suffix]; ok {
			return wanted, &problem.Error{Code: problem.Usage, What: fmt.Sprintf("environments %s and %s would share variable %s", other, e.Name, planRoleVariable(e.Name)), Next: "rename one of them"}
		}
		taken[suffix] = e.Name
		each := github.Environment{Name: e.Name, Approval: e.Settings.Approval.Required, Reviewers: reviewers}
		if region == "" {
			each.Variables = append(each.Variables, github.Variable{Name: regionVariable, Value: e.Settings.Region})
			wanted.Variables = append(wanted.Variables, github.Variable{Name: regionVariable + "_" + suffix, Value: e.Settings.Region})
		}
		each.Variables = append(each.Variables, known[e.Name].deploy)
		wanted.Environments = append(wanted.Environments, each)
		wanted.Variables = append(wanted.Variables, known[e.Name].plan, known[e.Name].release)
	}
	return wanted, nil
}

// watched is one environment that the workflows plan and look for drift in: its name, and
// the names of the variables that have its role and its region.
type watched struct {
	Environment string `json:"environment"`
	Role        string `json:"role"`
	Region      string `json:"region"`
}

// watchedOf gives the variable that lists them: these environments, once their role is
// known, beside those that were listed.
func watchedOf(environments []*environment.Environment, region string, known map[string]roles, found map[string]string) github.Variable {
	list := github.Variable{Name: environmentsVariable}
	var all []watched
	if listed, ok := found[environmentsVariable]; ok && json.Unmarshal([]byte(listed), &all) != nil {
		list.Unknown = "it is not the list that this command writes: delete it for a new one"
		return list
	}
	for _, e := range environments {
		role := known[e.Name].plan
		if role.Value == "" && found[role.Name] == "" {
			list.Unknown = role.Unknown
			continue
		}
		each := watched{Environment: e.Name, Role: role.Name, Region: regionVariable}
		if region == "" {
			each.Region += "_" + variableName(e.Name)
		}
		all = append(slices.DeleteFunc(all, func(w watched) bool { return w.Environment == e.Name }), each)
	}
	if len(all) == 0 {
		return list
	}
	list.Unknown = ""
	slices.SortFunc(all, func(a, b watched) int { return strings.Compare(a.Environment, b.Environment) })
	body, err := json.Marshal(all)
	if err != nil { // never: these are texts
		list.Unknown = err.Error()
	}
	list.Value = string(body)
	return list
}
