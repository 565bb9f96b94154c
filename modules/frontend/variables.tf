variable "api" {
  description = "Origin of `/api/*`: host name of the REST API's stage, and the stage's name, which is its path there."
  type = object({
    domain_name = string
    stage_name  = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", var.api.domain_name))
    error_message = "R1.3: api.domain_name must be a host name, without scheme and path."
  }

  validation {
    condition     = can(regex("^[A-Za-z0-9_]+$", var.api.stage_name))
    error_message = "R1.2: api.stage_name must be letters, digits and underscores, without slashes."
  }
}

variable "cache" {
  description = "How long CloudFront keeps static assets and everything else (HTML): without a Cache-Control of the object, and at most; and the paths that hold static assets."
  type = object({
    asset_days       = optional(number, 30)
    asset_max_days   = optional(number, 365)
    asset_paths      = optional(list(string), ["/assets/*", "/fonts/*", "/images/*", "/static/*"])
    html_max_seconds = optional(number, 3600)
    html_seconds     = optional(number, 300)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.cache.asset_days >= 0 && var.cache.asset_days <= var.cache.asset_max_days && var.cache.asset_max_days >= 1 && var.cache.asset_max_days <= 365
    error_message = "R1.3: cache.asset_days must be 0 to asset_max_days, which is 1 to 365."
  }

  validation {
    condition     = var.cache.html_seconds >= 0 && var.cache.html_seconds <= var.cache.html_max_seconds && var.cache.html_max_seconds >= 1 && var.cache.html_max_seconds <= 3600
    error_message = "R1.3: cache.html_seconds must be 0 to html_max_seconds, which is 1 to 3600."
  }

  validation {
    condition     = length(var.cache.asset_paths) <= 20 && alltrue([for path in var.cache.asset_paths : startswith(path, "/") && !startswith(path, "/api/")]) && length(distinct(var.cache.asset_paths)) == length(var.cache.asset_paths)
    error_message = "R1.3: cache.asset_paths must be at most 20 different path patterns that begin with a slash and are not the API's."
  }
}

variable "content_security_policy" {
  description = "Directives of the Content-Security-Policy that replace the module's own, by name; an empty list takes a directive out."
  type        = map(list(string))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for directive, sources in var.content_security_policy : can(regex("^[a-z-]+$", directive)) && alltrue([for source in sources : can(regex("^[!-+\\--:<-~]+$", source))])])
    error_message = "R1.3: content_security_policy must map names of directives to sources without spaces, commas and semicolons."
  }
}

# null: CloudFront's own name and certificate.
variable "domain" {
  description = "Names of the site, the first one its URL, and the Route 53 zone that gets their records; null for CloudFront's own name, whose certificate allows TLS below 1.2."
  type = object({
    names   = list(string)
    zone_id = string
  })
  default  = null
  nullable = true

  validation {
    condition     = var.domain == null ? true : length(var.domain.names) >= 1 && length(var.domain.names) <= 10 && length(distinct(var.domain.names)) == length(var.domain.names) && alltrue([for name in var.domain.names : can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", name))])
    error_message = "R1.3: domain.names must be 1 to 10 different host names, without wildcards."
  }
}

variable "force_destroy" {
  description = "Whether a destroy takes the site's files and the access logs along. Otherwise AWS refuses to delete a bucket that still holds any."
  type        = bool
  default     = false
  nullable    = false
}

variable "geo_countries" {
  description = "Countries from which the site may be used, as ISO 3166-1 alpha-2 codes; empty for all."
  type        = set(string)
  default     = ["JP", "US"]
  nullable    = false

  validation {
    condition     = alltrue([for country in var.geo_countries : can(regex("^[A-Z]{2}$", country))])
    error_message = "R1.3: geo_countries must be codes of two upper-case letters such as JP."
  }
}

variable "log_retention_days" {
  description = "Days that the access logs of CloudFront and of the bucket are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.log_retention_days >= 1 && floor(var.log_retention_days) == var.log_retention_days
    error_message = "R1.3: log_retention_days must be a whole number from 1."
  }
}

variable "name" {
  description = "Prefix of every name, normally PROJECT-ENVIRONMENT."
  type        = string
  nullable    = false

  # 40 characters, -site-logs- and the account's 12 digits are S3's 63.
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 40 lower-case letters, digits and hyphens, starting with a letter."
  }
}

variable "price_class" {
  description = "Which of CloudFront's locations serve the site: PriceClass_All, PriceClass_200 (with Japan) or PriceClass_100 (North America, Europe, Israel)."
  type        = string
  default     = "PriceClass_All"
  nullable    = false

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "R1.3: price_class must be PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "tags" {
  description = "Tags of every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "version_retention_days" {
  description = "Days that replaced and deleted versions of the site's files are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.version_retention_days >= 1 && floor(var.version_retention_days) == var.version_retention_days
    error_message = "R1.3: version_retention_days must be a whole number from 1."
  }
}

variable "waf" {
  description = "Whether a web ACL of AWS's managed rules and a rate limit per address stands in front of the distribution."
  type        = bool
  default     = false
  nullable    = false
}

variable "wait_for_deployment" {
  description = "Whether the apply waits until CloudFront has rolled a change out, some minutes."
  type        = bool
  default     = true
  nullable    = false
}
