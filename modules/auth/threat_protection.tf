locals {
  # Sent by Cognito to the owner of an account, in both languages: the pool
  # knows no language of its users.
  notices = {
    block = {
      subject = "Goal Mandala: サインインをブロックしました / sign-in blocked"
      file    = "risk-block"
    }
    mfa = {
      subject = "Goal Mandala: 追加の確認が必要です / confirm your sign-in"
      file    = "risk-mfa"
    }
    no_action = {
      subject = "Goal Mandala: 新しいサインイン / new sign-in"
      file    = "risk-notice"
    }
  }
}

resource "aws_cognito_risk_configuration" "this" {
  for_each = local.threat_protection

  user_pool_id = aws_cognito_user_pool.this.id

  # Cognito takes the answers to risky sign-ins only together with an SES
  # identity that tells the users.
  dynamic "account_takeover_risk_configuration" {
    for_each = var.mail.through_ses ? toset(["this"]) : toset([])

    content {
      actions {
        high_action {
          event_action = "BLOCK"
          notify       = true
        }

        medium_action {
          event_action = "MFA_IF_CONFIGURED"
          notify       = true
        }

        low_action {
          event_action = "NO_ACTION"
          notify       = false
        }
      }

      notify_configuration {
        from       = local.mail_from
        source_arn = aws_ses_domain_identity.this.arn

        block_email {
          html_body = file("${path.module}/templates/${local.notices.block.file}.html")
          subject   = local.notices.block.subject
          text_body = file("${path.module}/templates/${local.notices.block.file}.txt")
        }

        mfa_email {
          html_body = file("${path.module}/templates/${local.notices.mfa.file}.html")
          subject   = local.notices.mfa.subject
          text_body = file("${path.module}/templates/${local.notices.mfa.file}.txt")
        }

        no_action_email {
          html_body = file("${path.module}/templates/${local.notices.no_action.file}.html")
          subject   = local.notices.no_action.subject
          text_body = file("${path.module}/templates/${local.notices.no_action.file}.txt")
        }
      }
    }
  }

  compromised_credentials_risk_configuration {
    event_filter = ["PASSWORD_CHANGE", "SIGN_IN", "SIGN_UP"]

    actions {
      event_action = "BLOCK"
    }
  }
}
