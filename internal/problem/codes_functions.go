package problem

// Codes of the functions' code: building it and handing it to the root.
const (
	FunctionsBroken     Code = "MD0701"
	GoMissing           Code = "MD0702"
	NoFunctions         Code = "MD0703"
	NoArtifactsVariable Code = "MD0704"
	ArtifactChanged     Code = "MD0705"
	UnknownFunction     Code = "MD0706"
	FunctionFailed      Code = "MD0707"
)

func functions() []Entry {
	return []Entry{
		{FunctionsBroken, "functions cannot be built",
			"the Go toolchain refused the functions' source",
			"mend what the message names; `mandala-deploy functions build` tries again without deploying"},
		{GoMissing, "Go not found",
			"no Go toolchain that fits go.mod is on PATH, and functions are built by it",
			"install Go from https://go.dev/dl/"},
		{NoFunctions, "no functions to build",
			"functions.source of deploy.hcl names a folder that has no folders with a main.go",
			"correct functions.source, or remove the block functions"},
		{NoArtifactsVariable, "root takes no functions",
			"deploy.hcl has functions built, but the root does not declare the variables by which it would get them",
			"declare the variables artifacts, a map of objects with bucket, key and sha256, and architecture, a string, both with a default, or remove the block functions from deploy.hcl"},
		{ArtifactChanged, "built function changed",
			"a function was built anew by another command after this one had planned with it",
			"run the command again"},
		{UnknownFunction, "unknown function",
			"the environment has no function of that short name, or is not deployed, or its root has no output function_names",
			"choose one of those that the message names, or deploy the environment first"},
		{FunctionFailed, "function failed",
			"a function that was invoked ended with an error of its own",
			"read its error in the message and its log with `--log`; nothing was tried again"},
	}
}
