package githubtest

import (
	_ "embed"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

// regenerate writes testdata/description.json.
const regenerate = "go run ./tools/github-description"

//go:embed testdata/description.json
var describedByGitHub []byte

// description is GitHub's own of the operations that testdata/operations.txt lists.
type description struct{ document *openapi3.T }

// describedOperations reads the description once: it takes a tenth of a second.
var describedOperations = sync.OnceValues(func() (*description, error) { //nolint:gochecknoglobals // nobody changes it
	document, err := openapi3.NewLoader().LoadFromData(describedByGitHub)
	if err != nil {
		return nil, fmt.Errorf("read testdata/description.json, which `%s` writes: %w", regenerate, err)
	}
	return &description{document}, nil
})

// find gives the operation that a request calls.
func (d *description) find(method, path string) (*operation, error) {
	var found *operation
	most := -1
	for template, item := range d.document.Paths.Map() {
		parameters, literal, ok := match(template, path)
		is := item.GetOperation(method)
		if ok && is != nil && literal > most {
			found, most = &operation{document: d.document, path: template, item: item, is: is, method: method, parameters: parameters}, literal
		}
	}
	if found == nil {
		return nil, fmt.Errorf("no such operation is in testdata/operations.txt of internal/github/githubtest: add it, and run `%s`", regenerate)
	}
	return found, nil
}

// match gives the parameters of a path, and how many of its parts have to be just so. A
// reference of git, such as tags/v1.0.0, may have several.
func match(template, path string) (parameters map[string]string, literal int, ok bool) {
	wanted, given := strings.Split(template, "/"), strings.Split(path, "/")
	if last := len(wanted) - 1; wanted[last] == "{ref}" && len(given) > last {
		given = append(given[:last], strings.Join(given[last:], "/"))
	}
	if len(wanted) != len(given) {
		return nil, 0, false
	}
	parameters = map[string]string{}
	for i, part := range wanted {
		value, err := url.PathUnescape(given[i])
		if err != nil {
			return nil, 0, false
		}
		name, variable := strings.CutPrefix(part, "{")
		switch {
		case variable:
			parameters[strings.TrimSuffix(name, "}")] = value
		case part != value:
			return nil, 0, false
		default:
			literal++
		}
	}
	return parameters, literal, true
}
