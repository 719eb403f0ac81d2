CREATE TABLE "access_requests" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"tenant_id" text NOT NULL,
	"employee_id" text NOT NULL,
	"employee_name" text NOT NULL,
	"kind" text NOT NULL,
	"resource" text NOT NULL,
	"reason" text NOT NULL,
	"hours" integer,
	"risk" text NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"stage" text NOT NULL,
	"origin" text NOT NULL,
	"agreed_by" text,
	"agreed_mode" text,
	"agreed_hours" integer,
	"agreed_note" text DEFAULT '' NOT NULL,
	"decided_by" text,
	"decision_note" text DEFAULT '' NOT NULL,
	"decided_at" timestamp with time zone,
	"admins_asked_at" timestamp with time zone,
	"expires_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "access_requests_organization_id_id_pk" PRIMARY KEY("organization_id","id")
);
--> statement-breakpoint
CREATE TABLE "grants" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"tenant_id" text NOT NULL,
	"employee_name" text NOT NULL,
	"request_id" text NOT NULL,
	"kind" text NOT NULL,
	"resource" text NOT NULL,
	"mode" text NOT NULL,
	"granted_by" text NOT NULL,
	"expires_at" timestamp with time zone,
	"used_by_turn" text,
	"ended_at" timestamp with time zone,
	"ended_because" text,
	"ended_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "grants_organization_id_id_pk" PRIMARY KEY("organization_id","id"),
	CONSTRAINT "a_permanent_grant_does_not_expire" CHECK (("grants"."mode" = 'permanent') = ("grants"."expires_at" is null)),
	CONSTRAINT "an_end_has_a_reason" CHECK (("grants"."ended_at" is null) = ("grants"."ended_because" is null))
);
--> statement-breakpoint
CREATE TABLE "directory_mappings" (
	"organization_id" text NOT NULL,
	"kind" text NOT NULL,
	"key" text NOT NULL,
	"name" text NOT NULL,
	"position_id" text,
	"role" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "directory_mappings_organization_id_kind_key_pk" PRIMARY KEY("organization_id","kind","key"),
	CONSTRAINT "directory_mapping_says_something" CHECK ("directory_mappings"."position_id" is not null or "directory_mappings"."role" is not null),
	CONSTRAINT "directory_title_is_no_role" CHECK ("directory_mappings"."kind" = 'group' or "directory_mappings"."role" is null),
	CONSTRAINT "directory_mapping_never_makes_operators" CHECK ("directory_mappings"."role" is distinct from 'operator')
);
--> statement-breakpoint
CREATE TABLE "directory_people" (
	"organization_id" text NOT NULL,
	"employee_id" text NOT NULL,
	"source" text NOT NULL,
	"title" text,
	"granted_roles" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"user_name" text,
	"document" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "directory_people_organization_id_employee_id_pk" PRIMARY KEY("organization_id","employee_id"),
	CONSTRAINT "scim_user_name" UNIQUE("organization_id","user_name"),
	CONSTRAINT "scim_people_have_a_document" CHECK (("directory_people"."source" = 'scim') = ("directory_people"."document" is not null)),
	CONSTRAINT "scim_people_have_a_user_name" CHECK (("directory_people"."source" = 'scim') = ("directory_people"."user_name" is not null))
);
--> statement-breakpoint
CREATE TABLE "directory_runs" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"vendor" text NOT NULL,
	"started_by" text,
	"state" text DEFAULT 'waiting' NOT NULL,
	"agreed_suspensions" integer,
	"counts" jsonb NOT NULL,
	"conflicts" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"message" text,
	"hint" text,
	"lease_owner" text,
	"lease_expires_at" timestamp with time zone,
	"fence" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "directory_runs_organization_id_id_pk" PRIMARY KEY("organization_id","id")
);
--> statement-breakpoint
CREATE TABLE "directory_settings" (
	"organization_id" text PRIMARY KEY NOT NULL,
	"department_delimiter" text DEFAULT ' / ' NOT NULL,
	"scim_delete" text DEFAULT 'suspend' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "directory_sources" (
	"organization_id" text NOT NULL,
	"vendor" text NOT NULL,
	"base_url" text NOT NULL,
	"app_id" text NOT NULL,
	"sealed_secret" text NOT NULL,
	"every_hours" integer NOT NULL,
	"suspend_percent" integer NOT NULL,
	"next_run_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "directory_sources_organization_id_vendor_pk" PRIMARY KEY("organization_id","vendor"),
	CONSTRAINT "directory_suspend_percent" CHECK ("directory_sources"."suspend_percent" between 0 and 100),
	CONSTRAINT "directory_every_hours" CHECK ("directory_sources"."every_hours" between 0 and 168)
);
--> statement-breakpoint
CREATE TABLE "scim_group_members" (
	"organization_id" text NOT NULL,
	"group_id" text NOT NULL,
	"employee_id" text NOT NULL,
	CONSTRAINT "scim_group_members_organization_id_group_id_employee_id_pk" PRIMARY KEY("organization_id","group_id","employee_id")
);
--> statement-breakpoint
CREATE TABLE "scim_groups" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"display_name" text NOT NULL,
	"external_id" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "scim_groups_organization_id_id_pk" PRIMARY KEY("organization_id","id")
);
--> statement-breakpoint
CREATE TABLE "scim_tokens" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"name" text NOT NULL,
	"prefix" text NOT NULL,
	"hash" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "scim_tokens_organization_id_id_pk" PRIMARY KEY("organization_id","id"),
	CONSTRAINT "scim_token_hash" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "agent_settings" (
	"organization_id" text NOT NULL,
	"scope" text NOT NULL,
	"owner_id" text NOT NULL,
	"settings" jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_by" text NOT NULL,
	CONSTRAINT "agent_settings_organization_id_scope_owner_id_pk" PRIMARY KEY("organization_id","scope","owner_id"),
	CONSTRAINT "organization_settings_have_no_owner" CHECK (("agent_settings"."scope" = 'organization') = ("agent_settings"."owner_id" = ''))
);
--> statement-breakpoint
CREATE TABLE "layer_proposals" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"scope" text NOT NULL,
	"owner_id" text NOT NULL,
	"base_version" integer NOT NULL,
	"content" text NOT NULL,
	"note" text DEFAULT '' NOT NULL,
	"state" text DEFAULT 'draft' NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"author_id" text NOT NULL,
	"author" text NOT NULL,
	"reviewer" text,
	"review_note" text DEFAULT '' NOT NULL,
	"canary_percent" integer,
	"canary_up_to" bigint,
	"published_version" integer,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"decided_at" timestamp with time zone,
	CONSTRAINT "layer_proposals_organization_id_id_pk" PRIMARY KEY("organization_id","id"),
	CONSTRAINT "canary_percent" CHECK (("layer_proposals"."state" = 'canary') = ("layer_proposals"."canary_percent" is not null)
      and ("layer_proposals"."canary_percent" is null) = ("layer_proposals"."canary_up_to" is null))
);
--> statement-breakpoint
CREATE TABLE "layer_versions" (
	"organization_id" text NOT NULL,
	"scope" text NOT NULL,
	"owner_id" text NOT NULL,
	"version" integer NOT NULL,
	"content" text NOT NULL,
	"cause" text NOT NULL,
	"note" text DEFAULT '' NOT NULL,
	"author" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "layer_versions_organization_id_scope_owner_id_version_pk" PRIMARY KEY("organization_id","scope","owner_id","version")
);
--> statement-breakpoint
CREATE TABLE "tool_policies" (
	"organization_id" text PRIMARY KEY NOT NULL,
	"blocked_tools" jsonb NOT NULL,
	"command_patterns" jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_by" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "backup_codes" (
	"user_id" text NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "backup_codes_user_id_hash_pk" PRIMARY KEY("user_id","hash")
);
--> statement-breakpoint
CREATE TABLE "identity_providers" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"name" text NOT NULL,
	"issuer" text NOT NULL,
	"client_id" text NOT NULL,
	"client_secret" text NOT NULL,
	"scopes" jsonb NOT NULL,
	"enabled" boolean NOT NULL,
	"trust_email" boolean NOT NULL,
	"auto_create" boolean NOT NULL,
	"department_id" text,
	"position_id" text,
	"email_domains" jsonb NOT NULL,
	"claims" jsonb NOT NULL,
	"group_roles" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "identity_providers_organization_id_id_pk" PRIMARY KEY("organization_id","id"),
	CONSTRAINT "identity_provider_id" UNIQUE("id"),
	CONSTRAINT "identity_provider_name" UNIQUE("organization_id","name"),
	CONSTRAINT "created_people_have_a_department" CHECK (not "identity_providers"."auto_create" or "identity_providers"."department_id" is not null)
);
--> statement-breakpoint
CREATE TABLE "second_factors" (
	"user_id" text PRIMARY KEY NOT NULL,
	"secret" text NOT NULL,
	"confirmed_at" timestamp with time zone,
	"last_step" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sign_in_policies" (
	"organization_id" text PRIMARY KEY NOT NULL,
	"second_factor" text NOT NULL,
	"second_factor_after_provider" boolean NOT NULL,
	"passwords" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "trusted_devices" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "employee_imports" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"file_name" text NOT NULL,
	"changes" jsonb NOT NULL,
	"imported_by" text NOT NULL,
	"undone_at" timestamp with time zone,
	"undone_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "employee_imports_organization_id_id_pk" PRIMARY KEY("organization_id","id")
);
--> statement-breakpoint
DROP INDEX "turns_waiting";--> statement-breakpoint
ALTER TABLE "employees" ALTER COLUMN "position_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "identity_provider_id" text;--> statement-breakpoint
ALTER TABLE "inbox" ADD COLUMN "failures" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "inbox" ADD COLUMN "failing_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "failures" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "failing_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "layers" ADD COLUMN "updated_by" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "departments" ADD COLUMN "source" text DEFAULT 'local' NOT NULL;--> statement-breakpoint
ALTER TABLE "departments" ADD COLUMN "external_id" text;--> statement-breakpoint
ALTER TABLE "departments" ADD COLUMN "created_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "employees" ADD COLUMN "active" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "employees" ADD COLUMN "suspended_by" text;--> statement-breakpoint
ALTER TABLE "employees" ADD COLUMN "about" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "employees" ADD COLUMN "about_version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "employees" ADD COLUMN "source" text DEFAULT 'local' NOT NULL;--> statement-breakpoint
ALTER TABLE "employees" ADD COLUMN "external_id" text;--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "permissions" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "organizations" ADD COLUMN "layer_review" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "positions" ADD COLUMN "skills" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "positions" ADD COLUMN "created_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "tiers" ADD COLUMN "egress_hosts" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "tiers" ADD COLUMN "description" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "tiers" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "tiers" ADD COLUMN "updated_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "tiers" ADD COLUMN "updated_by" text DEFAULT 'Clawpool' NOT NULL;--> statement-breakpoint
ALTER TABLE "tiers" ADD COLUMN "deleted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "batches" ADD COLUMN "cancelled_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "checkpoints" ADD COLUMN "skipped" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "tools" jsonb;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "agent_revision" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "access_requests" ADD CONSTRAINT "access_requests_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_requests" ADD CONSTRAINT "access_requests_organization_id_tenant_id_tenants_organization_id_id_fk" FOREIGN KEY ("organization_id","tenant_id") REFERENCES "public"."tenants"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_organization_id_tenant_id_tenants_organization_id_id_fk" FOREIGN KEY ("organization_id","tenant_id") REFERENCES "public"."tenants"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "directory_mappings" ADD CONSTRAINT "directory_mappings_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "directory_mappings" ADD CONSTRAINT "directory_mappings_organization_id_position_id_positions_organization_id_id_fk" FOREIGN KEY ("organization_id","position_id") REFERENCES "public"."positions"("organization_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "directory_people" ADD CONSTRAINT "directory_people_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "directory_people" ADD CONSTRAINT "directory_people_organization_id_employee_id_employees_organization_id_id_fk" FOREIGN KEY ("organization_id","employee_id") REFERENCES "public"."employees"("organization_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "directory_runs" ADD CONSTRAINT "directory_runs_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "directory_runs" ADD CONSTRAINT "directory_runs_organization_id_vendor_directory_sources_organization_id_vendor_fk" FOREIGN KEY ("organization_id","vendor") REFERENCES "public"."directory_sources"("organization_id","vendor") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "directory_settings" ADD CONSTRAINT "directory_settings_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "directory_sources" ADD CONSTRAINT "directory_sources_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scim_group_members" ADD CONSTRAINT "scim_group_members_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scim_group_members" ADD CONSTRAINT "scim_group_members_organization_id_group_id_scim_groups_organization_id_id_fk" FOREIGN KEY ("organization_id","group_id") REFERENCES "public"."scim_groups"("organization_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scim_group_members" ADD CONSTRAINT "scim_group_members_organization_id_employee_id_directory_people_organization_id_employee_id_fk" FOREIGN KEY ("organization_id","employee_id") REFERENCES "public"."directory_people"("organization_id","employee_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scim_groups" ADD CONSTRAINT "scim_groups_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scim_tokens" ADD CONSTRAINT "scim_tokens_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agent_settings" ADD CONSTRAINT "agent_settings_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "layer_proposals" ADD CONSTRAINT "layer_proposals_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "layer_versions" ADD CONSTRAINT "layer_versions_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tool_policies" ADD CONSTRAINT "tool_policies_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backup_codes" ADD CONSTRAINT "backup_codes_user_id_second_factors_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."second_factors"("user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "identity_providers" ADD CONSTRAINT "identity_providers_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "second_factors" ADD CONSTRAINT "second_factors_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_policies" ADD CONSTRAINT "sign_in_policies_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "trusted_devices" ADD CONSTRAINT "trusted_devices_user_id_second_factors_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."second_factors"("user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "employee_imports" ADD CONSTRAINT "employee_imports_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "one_pending_request_for_a_thing" ON "access_requests" USING btree ("organization_id","tenant_id","kind","resource") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "requests_by_state" ON "access_requests" USING btree ("organization_id","state","created_at");--> statement-breakpoint
CREATE INDEX "requests_by_employee" ON "access_requests" USING btree ("organization_id","employee_id","created_at");--> statement-breakpoint
CREATE INDEX "grants_by_tenant" ON "grants" USING btree ("organization_id","tenant_id") WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "grants_that_end" ON "grants" USING btree ("expires_at") WHERE ended_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "one_directory_run_at_a_time" ON "directory_runs" USING btree ("organization_id","vendor") WHERE state in ('waiting', 'running');--> statement-breakpoint
CREATE INDEX "directory_runs_of_a_source" ON "directory_runs" USING btree ("organization_id","vendor","created_at");--> statement-breakpoint
CREATE INDEX "directory_sources_due" ON "directory_sources" USING btree ("next_run_at") WHERE next_run_at is not null;--> statement-breakpoint
CREATE INDEX "scim_groups_of_a_person" ON "scim_group_members" USING btree ("organization_id","employee_id");--> statement-breakpoint
CREATE UNIQUE INDEX "scim_group_name" ON "scim_groups" USING btree ("organization_id",lower("display_name"));--> statement-breakpoint
CREATE UNIQUE INDEX "one_canary_per_layer" ON "layer_proposals" USING btree ("organization_id","scope","owner_id") WHERE state = 'canary';--> statement-breakpoint
CREATE INDEX "proposals_by_layer" ON "layer_proposals" USING btree ("organization_id","scope","owner_id","updated_at");--> statement-breakpoint
CREATE INDEX "trusted_devices_by_user" ON "trusted_devices" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "inbox_by_turn" ON "inbox" USING btree ("organization_id","turn_id") WHERE turn_id is not null;--> statement-breakpoint
CREATE INDEX "outbox_by_conversation" ON "outbox" USING btree ("organization_id","conversation_id") WHERE conversation_id is not null;--> statement-breakpoint
CREATE INDEX "messages_by_turn" ON "messages" USING btree ("organization_id","turn_id");--> statement-breakpoint
CREATE INDEX "turns_running" ON "turns" USING btree ("organization_id","tenant_id") WHERE lease_owner is not null and finished_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "department_of_directory" ON "departments" USING btree ("organization_id","source","external_id") WHERE external_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "employee_of_directory" ON "employees" USING btree ("organization_id","source","external_id") WHERE external_id is not null;--> statement-breakpoint
CREATE INDEX "employees_suspended" ON "employees" USING btree ("organization_id","id") WHERE not active;--> statement-breakpoint
CREATE UNIQUE INDEX "tier_name" ON "tiers" USING btree ("organization_id",lower("name")) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "turns_waiting" ON "turns" USING btree ("organization_id","arrival") WHERE finished_at is null;--> statement-breakpoint
UPDATE "members" SET "permissions" = '["policy"]' WHERE "roles" ? 'admin';
--> statement-breakpoint
UPDATE "layers" SET "updated_by" = 'Clawpool';
--> statement-breakpoint
INSERT INTO "layer_versions" ("organization_id", "scope", "owner_id", "version", "content", "cause", "author", "created_at")
SELECT "organization_id", "scope", "owner_id", "version", "content", 'first', 'Clawpool', "updated_at" FROM "layers";
