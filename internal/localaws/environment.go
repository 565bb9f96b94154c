package localaws

import (
	"maps"
	"os"
	"slices"
	"strings"
)

// Account is the account that the local AWS acts as.
const Account = "123456789012"

// Environment gives the variables with which Terraform, the SDKs and the AWS
// command line talk to the local AWS at address. Where it is used, Unset has
// to be heeded, too; Environ does both.
func Environment(address, region string) map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL": address,
		// Recognisable dummies: moto takes any key that it did not give out
		// itself for one of Account.
		"AWS_ACCESS_KEY_ID":         "AKIAMANDALALOCAL0000",
		"AWS_SECRET_ACCESS_KEY":     "mandala-local",
		"AWS_REGION":                region,
		"AWS_DEFAULT_REGION":        region,
		"AWS_EC2_METADATA_DISABLED": "true",
		// A profile could name another endpoint, role or certificate bundle.
		"AWS_CONFIG_FILE":             os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"NO_PROXY":                    "127.0.0.1,localhost",
		"no_proxy":                    "127.0.0.1,localhost",
	}
}

// Unset lists the variables that would lead away from the local AWS and must
// not be set, beside every AWS_ENDPOINT_URL_<SERVICE>.
func Unset() []string {
	return []string{
		"AWS_CA_BUNDLE",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
		"AWS_DEFAULT_PROFILE",
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
		"AWS_PROFILE",
		"AWS_ROLE_ARN",
		"AWS_ROLE_SESSION_NAME",
		"AWS_SECURITY_TOKEN",
		"AWS_SESSION_TOKEN",
		"AWS_USE_DUALSTACK_ENDPOINT",
		"AWS_USE_FIPS_ENDPOINT",
		"AWS_WEB_IDENTITY_TOKEN_FILE",
	}
}

// Environ gives base, "NAME=value" lines, as a child process needs it to talk
// to the local AWS: without what Unset lists, with what Environment gives.
func Environ(base []string, address, region string) []string {
	set := Environment(address, region)
	result := slices.DeleteFunc(slices.Clone(base), func(line string) bool {
		name, _, _ := strings.Cut(line, "=")
		_, replaced := set[name]
		return replaced || slices.Contains(Unset(), name) || strings.HasPrefix(name, "AWS_ENDPOINT_URL_")
	})
	for _, name := range slices.Sorted(maps.Keys(set)) {
		result = append(result, name+"="+set[name])
	}
	return result
}
