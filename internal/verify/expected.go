package verify

// What environments have otherwise than production, as docs/environments.md tells. An
// environment that a table does not name is held to production's.
var (
	// auditDays is how long the trail's files are kept (R4.2).
	auditDays = map[string]int32{"production": 2555, "staging": 90, "development": 90, "local": 2555}
	// logDays is the least that any log group is kept (R3.4); 30 is the most.
	logDays = map[string]int32{"production": 30, "staging": 30, "development": 7, "local": 30}
	// backupDays is how long the database's backups are kept (R1.1).
	backupDays = map[string]int32{"production": 7, "staging": 7, "development": 1, "local": 1}
	// databaseCapacity is how far the database may grow, in ACU (R1.1, R7.1).
	databaseCapacity = map[string]float64{"production": 2, "staging": 1, "development": 1, "local": 1}
	// instanceCounts is how many instances the cluster has (R1.1, R7.1).
	instanceCounts = map[string]int{"production": 2, "staging": 1, "development": 1, "local": 2}
	// deletionProtected says where the database and the user pool have to be
	// protected from deletion (R1.1, R1.6). Elsewhere both may be made and thrown away.
	deletionProtected = map[string]bool{"production": true, "staging": true, "development": false, "local": false}
	// plainOrigins says where pages and callbacks of a developer's own machine may be
	// served by plain HTTP (R1.2, R1.6).
	plainOrigins = map[string]bool{"production": false, "development": true}
	// mailThroughSES says where the user pool's mail goes through SES (R1.6).
	mailThroughSES = map[string]bool{"production": true, "staging": true, "development": false, "local": true}
	// priceClass is how many of CloudFront's places serve the site (R1.3).
	priceClass = map[string]string{"production": "PriceClass_All", "staging": "PriceClass_200", "development": "PriceClass_100", "local": "PriceClass_All"}
)

// of gives a fact of an environment.
func of[T any](table map[string]T, environment string) T {
	if fact, named := table[environment]; named {
		return fact
	}
	return table["production"]
}

// functionGroups are the groups of functions that share a role, by function (R4.1).
var functionGroups = map[string]string{
	"goals": "api", "tasks": "api", "reflections": "api", "health": "api",
	"auth": "auth",
	"ai":   "ai", "start-workflow": "ai", "get-status": "ai", "cancel-workflow": "ai",
	"task-generation": "generation",
	"validate-input":  "workflow", "get-actions": "workflow", "create-batches": "workflow", "save-tasks": "workflow",
	"update-progress": "workflow", "aggregate-results": "workflow", "update-goal-status": "workflow", "handle-error": "workflow",
	"reminder":       "reminder",
	"slack-notifier": "notifier",
	"migrate":        "migrate",
}

// serviceRoles are the roles of services that act by themselves, without the
// environment's prefix, with the service (R4.1).
var serviceRoles = map[string]string{
	"api-logging":         "apigateway.amazonaws.com",
	"audit-logs":          "cloudtrail.amazonaws.com",
	"database-monitoring": "monitoring.rds.amazonaws.com",
	"flow-log":            "vpc-flow-logs.amazonaws.com",
	"reminders":           "scheduler.amazonaws.com",
	"workflow":            "states.amazonaws.com",
}

// foreignPolicies are AWS's own policies that a role has, by role without prefix.
var foreignPolicies = map[string]string{
	"database-monitoring": "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
}

// wideStatement is a statement on all resources that a role may have, with the reason.
type wideStatement struct{ sid, role, reason string }

// wideStatements are all of them; docs/security.md has the same list (R4.1).
var wideStatements = []wideStatement{
	{"DeliverLogs", "workflow", "log deliveries and CloudWatch Logs' resource policies have no ARNs that a policy could name"},
	{"FindLeftovers", "delivery-deploy", "what finds what an interrupted run left behind lists by account and takes no resource"},
	{"KeepTheCodeFromNetworkInterfaces", "functions-*", "a denial, which may not leave anything out"},
	{"Lists", "delivery-deploy", "these reading actions take no resource"},
	{"Lists", "delivery-plan", "these reading actions take no resource"},
	{"LogSettings", "delivery-deploy", "deliveries of other services, resource policies and saved queries take no resource"},
	{"LookUpNetworkInterfaces", "functions-*", "EC2's Describe actions know no resources"},
	{"Mail", "delivery-deploy", "the first version of SES's interface takes a resource for sending only"},
	{"Measurements", "delivery-deploy", "metrics, sampling rules, costs and what is only being created have no ARN"},
	{"NetworkReads", "delivery-deploy", "EC2's describing actions take no resource"},
	{"NetworkReads", "delivery-plan", "EC2's describing actions take no resource"},
	{"NewCertificates", "delivery-deploy", "a certificate has no ARN before it is requested"},
	{"NewKeys", "delivery-deploy", "a key has no ARN before it is made, and ListAliases takes no resource"},
	{"NewUserPools", "delivery-deploy", "a pool has no ARN before it is created, and a domain has none at all"},
	{"NoSecretValues", "delivery-plan", "a denial, whatever is allowed by mistake one day"},
	{"PolicyList", "delivery-deploy", "ListPolicies takes no resource"},
	{"RandomPassword", "delivery-deploy", "GetRandomPassword takes no resource; it makes the JWT key"},
	{"Subscriptions", "delivery-deploy", "SNS's actions on a subscription take no resource"},
	{"Trace", "workflow", "trace segments have no ARN, and X-Ray's sampling actions support no resource here"},
	{"TrailList", "delivery-deploy", "DescribeTrails takes no resource"},
	{"WorkflowValidation", "delivery-deploy", "the validation of a definition takes no resource"},
	{"WriteTraces", "functions-*", "X-Ray's writes know no resources"},
}
