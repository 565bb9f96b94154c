# What API Gateway says by itself, where no function answers: problem details
# (RFC 9457), readable by the application's pages.
locals {
  # DEFAULT_* serve every type that is not listed, each with its own status. None
  # answers 403, and each type whose own status it is has another: CloudFront turns
  # 403 into the application's page with 200 (docs/adr/0008-spa-fallback.md).
  problems = {
    ACCESS_DENIED                  = { status = 401, title = "Unauthorized", detail = "Access is denied." }
    API_CONFIGURATION_ERROR        = { status = 500, title = "Internal Server Error", detail = "The request could not be processed." }
    AUTHORIZER_CONFIGURATION_ERROR = { status = 500, title = "Internal Server Error", detail = "The request could not be processed." }
    AUTHORIZER_FAILURE             = { status = 500, title = "Internal Server Error", detail = "The request could not be processed." }
    BAD_REQUEST_BODY               = { status = 400, title = "Bad Request", detail = "The request's body is not as described." }
    BAD_REQUEST_PARAMETERS         = { status = 400, title = "Bad Request", detail = "$context.error.message" }
    DEFAULT_4XX                    = { status = null, title = "Bad Request", detail = "The request was refused." }
    DEFAULT_5XX                    = { status = null, title = "Internal Server Error", detail = "The request could not be processed." }
    EXPIRED_TOKEN                  = { status = 401, title = "Unauthorized", detail = "The token has expired." }
    INTEGRATION_FAILURE            = { status = 502, title = "Bad Gateway", detail = "The request could not be processed." }
    INTEGRATION_TIMEOUT            = { status = 504, title = "Gateway Timeout", detail = "The request took too long." }
    INVALID_API_KEY                = { status = 401, title = "Unauthorized", detail = "The API key is not valid." }
    INVALID_SIGNATURE              = { status = 401, title = "Unauthorized", detail = "The request's signature is not valid." }
    # What API Gateway calls a path or method that it does not know.
    MISSING_AUTHENTICATION_TOKEN = { status = 404, title = "Not Found", detail = "There is no such resource." }
    REQUEST_TOO_LARGE            = { status = 413, title = "Content Too Large", detail = "The request is larger than 10 MB." }
    RESOURCE_NOT_FOUND           = { status = 404, title = "Not Found", detail = "There is no such resource." }
    THROTTLED                    = { status = 429, title = "Too Many Requests", detail = "Try again in a second." }
    UNAUTHORIZED                 = { status = 401, title = "Unauthorized", detail = "A valid ID token is needed." }
    UNSUPPORTED_MEDIA_TYPE       = { status = 415, title = "Unsupported Media Type", detail = "The request's content type is not supported." }
    WAF_FILTERED                 = { status = 400, title = "Bad Request", detail = "The request was blocked." }
  }

  gateway_responses = {
    for type, problem in local.problems : type => {
      for key, value in {
        responseParameters = merge(
          {
            "gatewayresponse.header.Access-Control-Allow-Origin"   = "'${local.cors["Access-Control-Allow-Origin"]}'"
            "gatewayresponse.header.Access-Control-Expose-Headers" = "'Retry-After, X-Request-Id'"
            "gatewayresponse.header.Cache-Control"                 = "'no-store'"
            "gatewayresponse.header.Content-Type"                  = "'application/problem+json'"
            "gatewayresponse.header.Vary"                          = "'Origin'"
            # A variable, as in any parameter mapping: without quotes and dollar.
            "gatewayresponse.header.X-Request-Id" = "context.requestId"
          },
          type == "THROTTLED" ? { "gatewayresponse.header.Retry-After" = "'1'" } : {},
        )
        # Keyed by the default type: what Accept asks for picks the template. These
        # templates are not Velocity: variables are put in, nothing else.
        responseTemplates = {
          "application/json" = jsonencode({
            for member, value in {
              detail    = problem.detail
              requestId = "$context.requestId"
              status    = problem.status
              title     = problem.title
              type      = "about:blank"
            } : member => value if value != null
          })
        }
        statusCode = problem.status == null ? "" : tostring(problem.status)
      } : key => value if !(key == "statusCode" && problem.status == null)
    }
  }
}
