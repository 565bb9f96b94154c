package problem

// Codes of the configuration: deploy.hcl, the root and its layers.
const (
	UnknownEnvironment   Code = "MD0101"
	InvalidSyntax        Code = "MD0102"
	UnknownAttribute     Code = "MD0103"
	MissingAttribute     Code = "MD0104"
	InvalidValue         Code = "MD0105"
	LayerCycle           Code = "MD0106"
	ResourceOutsideLayer Code = "MD0107"
	UnknownOutput        Code = "MD0108"
	DuplicateLayer       Code = "MD0109"
	UnknownLayer         Code = "MD0110"
	UnsupportedRoot      Code = "MD0111"
	NoProject            Code = "MD0112"
	UndeployedUpstream   Code = "MD0113"
)

func configuration() []Entry {
	return []Entry{
		{UnknownEnvironment, "unknown environment",
			"no folder environments/<name>/ with a deploy.hcl bears that name",
			"name one of those that `mandala-deploy environments` lists, or create the folder with a deploy.hcl"},
		{InvalidSyntax, "invalid HCL",
			"a *.tf file or deploy.hcl does not parse",
			"mend the line named; `terraform fmt` and `terraform validate` show the same place"},
		{UnknownAttribute, "unknown attribute or block",
			"deploy.hcl has an attribute or block that does not exist",
			"use the suggested name, or remove the line; docs/deploy-hcl.md lists all"},
		{MissingAttribute, "missing attribute",
			"deploy.hcl lacks an attribute that has no default",
			"add the attribute"},
		{InvalidValue, "invalid value",
			"an attribute of deploy.hcl or a variable has a value of the wrong type or outside its range",
			"give a value of the kind named"},
		{LayerCycle, "cycle between layers",
			"layers refer to each other in a circle, so none can be first",
			"remove one of the references listed"},
		{ResourceOutsideLayer, "resource outside a module block",
			"the root holds a resource; every resource belongs to a layer",
			"move the resource into a module under modules/ and call it from the root"},
		{UnknownOutput, "reference to an output that the module lacks",
			"a layer refers to module.<layer>.<output>, which that module does not declare",
			"declare the output in the module, or correct the name"},
		{DuplicateLayer, "duplicate layer",
			"two module blocks have the same name",
			"rename one of them"},
		{UnknownLayer, "unknown layer",
			"no module block and no state has that name",
			"name one of the layers listed"},
		{UnsupportedRoot, "root cannot be cut into layers",
			"the root uses something that cannot be split over separate states",
			"follow the message; docs/layers.md says what a root may hold"},
		{NoProject, "no environments folder",
			"the project directory has no environments/ with *.tf files",
			"run from the project's root or pass --chdir"},
		{UndeployedUpstream, "a layer needs outputs that do not exist yet",
			"a selected layer refers to a layer that was never applied and is not selected",
			"add the layer named with --layer, or apply the whole environment"},
	}
}
