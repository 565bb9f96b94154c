package lambda

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// environ gives the variables of the process: the function's own, and over
// them those that AWS reserves.
func (s *sandbox) environ(root, api string) []string {
	fn := s.fn
	set := map[string]string{
		"LANG": "en_US.UTF-8", "PATH": os.Getenv("PATH"), "TZ": ":UTC",
	}
	maps.Copy(set, fn.environment)
	maps.Copy(set, s.plane.options.Environment(fn.region))
	maps.Copy(set, map[string]string{
		"AWS_EXECUTION_ENV":               "AWS_Lambda_" + fn.runtime,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(fn.memoryMB),
		"AWS_LAMBDA_FUNCTION_NAME":        fn.name,
		"AWS_LAMBDA_FUNCTION_VERSION":     fn.version,
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       fn.logGroup,
		"AWS_LAMBDA_LOG_STREAM_NAME":      s.stream,
		"AWS_LAMBDA_RUNTIME_API":          api,
		"AWS_REGION":                      fn.region,
		"AWS_DEFAULT_REGION":              fn.region,
		"LAMBDA_RUNTIME_DIR":              root,
		"LAMBDA_TASK_ROOT":                root,
		"TMPDIR":                          s.scratch,
		"_HANDLER":                        fn.handler,
	})
	if fn.logLevel != "" {
		set["AWS_LAMBDA_LOG_FORMAT"], set["AWS_LAMBDA_LOG_LEVEL"] = "JSON", fn.logLevel
	}
	lines := make([]string, 0, len(set))
	for _, key := range slices.Sorted(maps.Keys(set)) {
		lines = append(lines, key+"="+set[key])
	}
	return lines
}

// entrypoint gives the command that runs fn's code in root.
func entrypoint(fn *function, root, shim string) ([]string, error) {
	switch {
	case strings.HasPrefix(fn.runtime, "provided"):
		return []string{filepath.Join(root, "bootstrap")}, nil
	case strings.HasPrefix(fn.runtime, "nodejs"):
		node, err := exec.LookPath("node")
		if err != nil {
			return nil, &startError{"Runtime.InvalidEntrypoint",
				"the local AWS runs " + fn.runtime + " with the node on PATH, and there is none: install Node.js"}
		}
		return []string{node, shim}, nil
	default:
		return nil, &startError{"Runtime.Unsupported", fmt.Sprintf("the local AWS runs provided.* and nodejs* runtimes, not %q", fn.runtime)}
	}
}
