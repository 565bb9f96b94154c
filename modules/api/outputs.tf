output "access_log_group_name" {
  description = "CloudWatch log group of the access log."
  value       = aws_cloudwatch_log_group.access.name
}

output "api_id" {
  description = "Id of the REST API."
  value       = aws_api_gateway_rest_api.this.id
}

output "api_name" {
  description = "Name of the REST API, the dimension ApiName of its metrics."
  value       = aws_api_gateway_rest_api.this.name
}

output "domain_name" {
  description = "Host name of the stage at API Gateway: ID.execute-api.REGION.amazonaws.com."
  value       = local.execute_api_host
}

output "execution_arn" {
  description = "ARN under which the API calls functions: arn:aws:execute-api:REGION:ACCOUNT:ID."
  value       = aws_api_gateway_rest_api.this.execution_arn
}

output "invoke_url" {
  description = "Address of the stage: at the API's own host name where it has one, else at API Gateway's."
  value       = var.domain == null ? "https://${local.execute_api_host}/${local.stage_name}" : "https://${var.domain.name}"
}

output "openapi" {
  description = "The OpenAPI document from which the API is made, as JSON."
  value       = local.openapi
}

output "stage_name" {
  description = "Name of the stage."
  value       = aws_api_gateway_stage.this.stage_name
}
