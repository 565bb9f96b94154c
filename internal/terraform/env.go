package terraform

import (
	"maps"
	"slices"
	"strings"
)

// Variables that change what a Terraform command does behind the back of
// whoever built its arguments, or what it prints.
var (
	droppedVariables = []string{
		"TF_INPUT", "TF_WORKSPACE", "TF_DATA_DIR", "TF_REATTACH_PROVIDERS",
	}
	droppedPrefixes = []string{"TF_CLI_ARGS", "TF_LOG"}
)

// cleanEnv gives a copy of env that is fit for Terraform children. TF_VAR_*
// stays: it is how users pass variables without writing them to a file.
func cleanEnv(env map[string]string) map[string]string {
	clean := maps.Clone(env)
	if clean == nil {
		clean = map[string]string{}
	}
	maps.DeleteFunc(clean, func(name, _ string) bool {
		return slices.Contains(droppedVariables, name) ||
			slices.ContainsFunc(droppedPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
	})
	clean["CHECKPOINT_DISABLE"] = "1"
	clean["TF_IN_AUTOMATION"] = "1"
	return clean
}

// environMap turns "name=value" strings into a map.
func environMap(environ []string) map[string]string {
	env := make(map[string]string, len(environ))
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok {
			env[name] = value
		}
	}
	return env
}

// environList turns env into sorted "name=value" strings.
func environList(env map[string]string) []string {
	list := make([]string, 0, len(env))
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	return list
}
