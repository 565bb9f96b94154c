package lambda

import _ "embed"

// shimFile is where the shim lies in a plane's directory.
const shimFile = "shim.mjs"

// nodeShim runs handlers of Node runtimes: it stands for the runtime that AWS
// brings along.
//
//go:embed shim.mjs
var nodeShim []byte
