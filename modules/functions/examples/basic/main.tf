resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "this" {
  for_each = { ap-northeast-1a = 0, ap-northeast-1c = 1 }

  availability_zone = each.key
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 8, each.value)
  vpc_id            = aws_vpc.this.id
}

resource "aws_security_group" "this" {
  name        = "goal-mandala-example-functions"
  description = "Functions of the example"
  vpc_id      = aws_vpc.this.id
}

module "functions" {
  source = "../.."

  functions = {
    # Without an artefact: the placeholder, until the first release.
    health = {
      description = "Says whether the application works"
      group       = "api"
    }
    slack-notifier = {
      description = "Tells Slack of alarms"
      environment = { SLACK_WEBHOOK_SECRET_ARN = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:goal-mandala-example/slack-webhook-AbCdEf" }
      group       = "notifier"
    }
  }
  groups = {
    api = { statements = [] }
    notifier = {
      statements = [{
        sid       = "ReadSlackWebhook"
        actions   = ["secretsmanager:GetSecretValue"]
        resources = ["arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:goal-mandala-example/slack-webhook-AbCdEf"]
      }]
    }
  }
  name               = "goal-mandala-example"
  security_group_ids = [aws_security_group.this.id]
  subnet_ids         = [for subnet in aws_subnet.this : subnet.id]
  tags               = { Layer = "functions" }
}
