package problem

// Codes of AWS access and the state bucket.
const (
	NoCredentials       Code = "MD0301"
	WrongAccount        Code = "MD0302"
	WrongRegion         Code = "MD0303"
	EndpointUnreachable Code = "MD0304"
	NoBucket            Code = "MD0305"
	AccessDenied        Code = "MD0306"
	CorruptState        Code = "MD0307"
	ForeignState        Code = "MD0308"
	NewerState          Code = "MD0309"
	StorageFailed       Code = "MD0310"
	BucketTaken         Code = "MD0311"
	RequestFailed       Code = "MD0312"
)

func storage() []Entry {
	return []Entry{
		{NoCredentials, "no AWS credentials",
			"the AWS SDK found no usable credentials",
			"log in (aws sso login, AWS_PROFILE, or the CI's OIDC role), then `mandala-deploy doctor ENV`"},
		{WrongAccount, "wrong AWS account",
			"the credentials belong to another account than deploy.hcl names",
			"use credentials of the account named, or correct `account` in deploy.hcl"},
		{WrongRegion, "wrong AWS region",
			"AWS_REGION or the provider names another region than deploy.hcl",
			"unset AWS_REGION, or correct `region` in deploy.hcl"},
		{EndpointUnreachable, "AWS endpoint unreachable",
			"no connection to the endpoint could be made",
			"check network, proxy and AWS_ENDPOINT_URL; for local: `mandala-deploy local status`"},
		{NoBucket, "state bucket missing",
			"the bucket that deploy.hcl names does not exist",
			"run `mandala-deploy bootstrap ENV` once"},
		{AccessDenied, "access denied",
			"the credentials may not do what the message names",
			"give the role the permission named"},
		{CorruptState, "corrupt state",
			"a layer's state object is not a Terraform state",
			"restore an earlier version of the object: the bucket is versioned"},
		{ForeignState, "foreign state",
			"a state object holds resources that do not belong to its layer",
			"move the object out of states/, or correct the bucket in deploy.hcl"},
		{NewerState, "state from a newer Terraform",
			"the state was written by a newer Terraform than the one in use",
			"use a Terraform at least as new as the one named"},
		{StorageFailed, "storage request failed",
			"the state bucket answered with an error",
			"try again; the cause stands in the message"},
		{BucketTaken, "bucket belongs to someone else",
			"the bucket's name is taken by another account",
			"choose another name for state.bucket in deploy.hcl"},
		{RequestFailed, "AWS request failed",
			"AWS answered a request with an error",
			"try again; the cause and the operation stand in the message"},
	}
}
