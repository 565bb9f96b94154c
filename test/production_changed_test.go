package test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/rds"
)

// checkChanged sees that the values that were changed in place have arrived.
func checkChanged(t *testing.T, s *stack) {
	stages, err := apigateway.NewFromConfig(s.config).GetStages(t.Context(), &apigateway.GetStagesInput{RestApiId: aws.String(s.restAPI(t))})
	if err != nil || len(stages.Item) != 1 || stages.Item[0].MethodSettings["*/*"].ThrottlingRateLimit != 500 {
		t.Errorf("the API's rate is not 500: %+v, %v", stages, err)
	}
	distribution, err := cloudfront.NewFromConfig(s.config).GetDistributionConfig(t.Context(), &cloudfront.GetDistributionConfigInput{Id: aws.String(s.output(t, "distribution_id"))})
	if err != nil || distribution.DistributionConfig.PriceClass != "PriceClass_200" {
		t.Errorf("the price class is not 200: %+v, %v", distribution, err)
	}
	function, err := lambda.NewFromConfig(s.config).GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(s.Name + "-goals"), Qualifier: aws.String("live")})
	if err != nil || function.Environment.Variables["LOG_LEVEL"] != "DEBUG" {
		t.Errorf("the functions do not log at DEBUG: %+v, %v", function, err)
	}
	pool, err := cognitoidentityprovider.NewFromConfig(s.config).DescribeUserPool(t.Context(), &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: aws.String(s.output(t, "user_pool_id"))})
	if err != nil || pool.UserPool.DeletionProtection == "ACTIVE" {
		t.Errorf("the user pool is still protected: %+v, %v", pool, err)
	}
	clusters, err := rds.NewFromConfig(s.config).DescribeDBClusters(t.Context(), &rds.DescribeDBClustersInput{DBClusterIdentifier: &s.Name})
	if err != nil || len(clusters.DBClusters) != 1 || aws.ToBool(clusters.DBClusters[0].DeletionProtection) {
		t.Errorf("the database is still protected: %+v, %v", clusters, err)
	}
}

// restAPI gives the id of the stack's REST API.
func (s *stack) restAPI(t *testing.T) string {
	t.Helper()
	apis, err := apigateway.NewFromConfig(s.config).GetRestApis(t.Context(), &apigateway.GetRestApisInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, api := range apis.Items {
		if aws.ToString(api.Name) == s.Name+"-api" {
			return aws.ToString(api.Id)
		}
	}
	t.Fatalf("R1.2: there is no REST API %s-api", s.Name)
	return ""
}
