mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws" }
}

mock_data "aws_region" {
  defaults = { name = "us-east-1" }
}

mock_resource "aws_kms_key" {
  override_during = plan

  defaults = {
    arn    = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000001"
    key_id = "00000000-0000-4000-8000-000000000001"
  }
}

mock_resource "aws_sns_topic" {
  override_during = plan

  defaults = { arn = "arn:aws:sns:us-east-1:123456789012:goal-mandala-test-alerts-global" }
}

mock_resource "aws_ce_anomaly_monitor" {
  override_during = plan

  defaults = { arn = "arn:aws:ce::123456789012:anomalymonitor/00000000-0000-4000-8000-000000000002" }
}
