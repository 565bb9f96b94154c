package cloudfront

import (
	"encoding/base64"
	"encoding/json"

	"github.com/dop251/goja"
)

// plain makes objects of the language itself out of a Go value.
func plain(vm *goja.Runtime, value any) (goja.Value, error) {
	content, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	parse, _ := goja.AssertFunction(vm.Get("JSON").ToObject(vm).Get("parse"))
	return parse(goja.Undefined(), vm.ToValue(string(content)))
}

func decodeBase64(text string) ([]byte, error) { return base64.StdEncoding.DecodeString(text) }
