# The function that sends the reminders, and the key: parts of module functions.
module "functions" {
  source = "../../../functions"

  functions = {
    reminder = {
      description     = "Mails each user their due and overdue tasks"
      group           = "reminder"
      timeout_seconds = 300
    }
  }
  groups             = { reminder = { statements = [] } }
  name               = "goal-mandala-example"
  security_group_ids = [aws_security_group.this.id]
  subnet_ids         = [for subnet in aws_subnet.this : subnet.id]
  tags               = { Layer = "functions" }
}

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

# What the mails are sent with: a part of module auth.
resource "aws_ses_configuration_set" "this" {
  name = "goal-mandala-example"
}

module "reminders" {
  source = "../.."

  function                    = module.functions.functions["reminder"]
  logs_kms_key_arn            = module.functions.logs_kms_key_arn
  mail_configuration_set_name = aws_ses_configuration_set.this.name
  name                        = "goal-mandala-example"
  tags                        = { Layer = "reminders" }
}
