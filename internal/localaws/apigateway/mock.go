package apigateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// mock answers for an integration without anything behind it.
func (c *call) mock() (*answer, error) {
	said := c.method.MethodIntegration
	kind, _, _ := strings.Cut(c.request.Header.Get("Content-Type"), ";")
	if kind = strings.TrimSpace(kind); kind == "" {
		kind = "application/json"
	}
	template, ok := said.RequestTemplates[kind]
	if !ok && (said.PassthroughBehavior == "NEVER" || said.PassthroughBehavior == "WHEN_NO_TEMPLATES" && len(said.RequestTemplates) > 0) {
		return nil, unsupportedMediaType()
	}
	content := string(c.body)
	if ok {
		made, err := c.render(template)
		if err != nil {
			return nil, fmt.Errorf("request template: %w", err)
		}
		content = made.text
	}
	var asked struct{ StatusCode json.Number }
	if err := json.Unmarshal([]byte(content), &asked); err != nil || asked.StatusCode == "" {
		return nil, errors.New("the mock integration's request has no statusCode")
	}
	c.integrationStatus, _ = strconv.Atoi(asked.StatusCode.String())
	response, ok := pick(said.IntegrationResponses, asked.StatusCode.String())
	if !ok {
		return nil, fmt.Errorf("no integration response for %s", asked.StatusCode)
	}
	return c.shape(response)
}

// pick gives the response whose pattern the status matches, else the one without a
// pattern.
func pick(responses map[string]integrationResponse, status string) (integrationResponse, bool) {
	var standard integrationResponse
	found := false
	for _, response := range responses {
		if response.SelectionPattern == "" {
			standard, found = response, true
			continue
		}
		if matched, err := regexp.MatchString("^(?:"+response.SelectionPattern+")$", status); err == nil && matched {
			return response, true
		}
	}
	return standard, found
}

// shape makes the answer of an integration response.
func (c *call) shape(response integrationResponse) (*answer, error) {
	status, err := strconv.Atoi(response.StatusCode)
	if err != nil {
		return nil, fmt.Errorf("integration response: %w", err)
	}
	a := &answer{status: status, header: http.Header{"Content-Type": {"application/json"}}}
	for name, value := range response.ResponseParameters {
		if header, ok := strings.CutPrefix(name, "method.response.header."); ok {
			a.header.Set(header, c.mapped(value))
		}
	}
	if kind, template, ok := choose(response.ResponseTemplates, c.request.Header.Get("Accept")); ok {
		made, err := c.render(template)
		if err != nil {
			return nil, fmt.Errorf("response template: %w", err)
		}
		a.header.Set("Content-Type", kind)
		a.body = []byte(made.text)
		for name, value := range made.headers {
			a.header.Set(name, value)
		}
		if made.status != 0 {
			a.status = made.status
		}
	}
	return a, nil
}
