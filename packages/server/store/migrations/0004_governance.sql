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
	"decided_by" text,
	"decision_note" text DEFAULT '' NOT NULL,
	"decided_at" timestamp with time zone,
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
	"published_version" integer,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"decided_at" timestamp with time zone,
	CONSTRAINT "layer_proposals_organization_id_id_pk" PRIMARY KEY("organization_id","id"),
	CONSTRAINT "canary_percent" CHECK (("layer_proposals"."state" = 'canary') = ("layer_proposals"."canary_percent" is not null))
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
ALTER TABLE "employees" ALTER COLUMN "position_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "layers" ADD COLUMN "updated_by" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "departments" ADD COLUMN "source" text DEFAULT 'local' NOT NULL;--> statement-breakpoint
ALTER TABLE "departments" ADD COLUMN "external_id" text;--> statement-breakpoint
ALTER TABLE "departments" ADD COLUMN "created_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "employees" ADD COLUMN "active" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "employees" ADD COLUMN "about" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "employees" ADD COLUMN "about_version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "employees" ADD COLUMN "source" text DEFAULT 'local' NOT NULL;--> statement-breakpoint
ALTER TABLE "employees" ADD COLUMN "external_id" text;--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "permissions" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "organizations" ADD COLUMN "layer_review" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "positions" ADD COLUMN "skills" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "positions" ADD COLUMN "created_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "tiers" ADD COLUMN "egress_hosts" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "agent_revision" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "access_requests" ADD CONSTRAINT "access_requests_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_requests" ADD CONSTRAINT "access_requests_organization_id_tenant_id_tenants_organization_id_id_fk" FOREIGN KEY ("organization_id","tenant_id") REFERENCES "public"."tenants"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_organization_id_tenant_id_tenants_organization_id_id_fk" FOREIGN KEY ("organization_id","tenant_id") REFERENCES "public"."tenants"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agent_settings" ADD CONSTRAINT "agent_settings_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "layer_proposals" ADD CONSTRAINT "layer_proposals_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "layer_versions" ADD CONSTRAINT "layer_versions_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tool_policies" ADD CONSTRAINT "tool_policies_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "employee_imports" ADD CONSTRAINT "employee_imports_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "one_pending_request_for_a_thing" ON "access_requests" USING btree ("organization_id","tenant_id","kind","resource") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "requests_by_state" ON "access_requests" USING btree ("organization_id","state","created_at");--> statement-breakpoint
CREATE INDEX "requests_by_employee" ON "access_requests" USING btree ("organization_id","employee_id","created_at");--> statement-breakpoint
CREATE INDEX "grants_by_tenant" ON "grants" USING btree ("organization_id","tenant_id") WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "grants_that_end" ON "grants" USING btree ("expires_at") WHERE ended_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "one_canary_per_layer" ON "layer_proposals" USING btree ("organization_id","scope","owner_id") WHERE state = 'canary';--> statement-breakpoint
CREATE INDEX "proposals_by_layer" ON "layer_proposals" USING btree ("organization_id","scope","owner_id","updated_at");--> statement-breakpoint
CREATE UNIQUE INDEX "department_of_directory" ON "departments" USING btree ("organization_id","source","external_id") WHERE external_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "employee_of_directory" ON "employees" USING btree ("organization_id","source","external_id") WHERE external_id is not null;--> statement-breakpoint
UPDATE "members" SET "permissions" = '["policy"]' WHERE "roles" ? 'admin';
--> statement-breakpoint
INSERT INTO "layer_versions" ("organization_id", "scope", "owner_id", "version", "content", "cause", "author", "created_at")
SELECT "organization_id", "scope", "owner_id", "version", "content", 'first', '', "updated_at" FROM "layers";
