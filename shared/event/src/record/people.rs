//! People and companies.

use jiff::Timestamp;
use jiff::civil::Date;

use super::record;
use crate::{
    Address, Campaign, DateInfo, Decimal, Email, EmailBounce, GeoLocation, Phone, Rate, Ref, Stage, Text, Web,
};

record! {
    /// A person.
    Contact<'a> {
        /// First and last name together.
        name: Option<Text<'a>>,
        first_name: Option<Text<'a>>,
        last_name: Option<Text<'a>>,
        /// The form of address: `Frau Dr.`.
        salutation: Option<Text<'a>>,
        /// Job title.
        title: Option<Text<'a>>,
        department: Option<Text<'a>>,
        /// `male`, `female`, or the vendor's word.
        gender: Option<Text<'a>>,
        /// The company that the person works for.
        company: Option<Ref<'a>>,
        emails: Vec<Email<'a>>,
        phone_numbers: Vec<Phone<'a>>,
        addresses: Vec<Address<'a>>,
        websites: Vec<Web<'a>>,
        social_links: Vec<Web<'a>>,
        /// Important days, including the birthday.
        dates: Vec<DateInfo<'a>>,
        lead_source: Option<Text<'a>>,
        lead_score: Option<Decimal<'a>>,
        rating: Option<Decimal<'a>>,
        status: Option<Text<'a>>,
        /// Life-cycle stage.
        stage: Option<Stage<'a>>,
        subscription_status: Option<Text<'a>>,
        subscription_types: Vec<Text<'a>>,
        /// Deliverability of e-mail to the person, in the vendor's word.
        email_status: Option<Text<'a>>,
        email_bounces: Vec<EmailBounce<'a>>,
        language: Option<Text<'a>>,
        time_zone: Option<Text<'a>>,
        birthday: Option<Date>,
        /// National identity number.
        identity_number: Option<Text<'a>>,
        do_not_disturb: Option<bool>,
        is_active: Option<bool>,
        is_archived: Option<bool>,
        photo_url: Option<Text<'a>>,
        description: Option<Text<'a>>,
        recent_note: Option<Text<'a>>,
        relationship_types: Vec<Stage<'a>>,
        regions: Vec<Stage<'a>>,
        territory: Option<Ref<'a>>,
        /// Every company that the person belongs to.
        companies: Vec<Ref<'a>>,
        /// Users who work on the contact in addition to its owner.
        collaborators: Vec<Ref<'a>>,
        /// Marketing lists and groups.
        lists: Vec<Ref<'a>>,
        campaign: Option<Ref<'a>>,
        /// Campaigns and their state for this person.
        campaigns: Vec<Campaign<'a>>,
        /// UTM medium.
        medium: Option<Text<'a>>,
        /// UTM keyword.
        keyword: Option<Text<'a>>,
        web_forms: Vec<Text<'a>>,
        active_sequences: Vec<Text<'a>>,
        completed_sequences: Vec<Text<'a>>,
        open_deals_amount: Option<Decimal<'a>>,
        won_deals_amount: Option<Decimal<'a>>,
        /// The contact that this one was merged into.
        merged_into: Option<Ref<'a>>,
        is_deleted: Option<bool>,
        last_contacted_at: Option<Timestamp>,
        last_contacted_mode: Option<Text<'a>>,
        last_chat_at: Option<Timestamp>,
        last_called_at: Option<Timestamp>,
        last_emailed_at: Option<Timestamp>,
        /// The last mail from the person.
        last_email_received_at: Option<Timestamp>,
        /// The last mail of a campaign.
        last_campaign_emailed_at: Option<Timestamp>,
        /// When a user of the CRM last opened the record.
        last_viewed_at: Option<Timestamp>,
        last_viewed_by: Option<Ref<'a>>,
        last_activity_type: Option<Text<'a>>,
        next_activity_at: Option<Timestamp>,
        first_contacted_at: Option<Timestamp>,
        last_seen_at: Option<Timestamp>,
        first_assigned_at: Option<Timestamp>,
        last_assigned_at: Option<Timestamp>,
        /// Customer number.
        number: Option<Text<'a>>,
        tax_number: Option<Text<'a>>,
        /// How work is billed: `none`, `hourly_rate`, or the vendor's word.
        billing_type: Option<Text<'a>>,
        /// Money per hour.
        rate: Option<Decimal<'a>>,
        /// Hourly rates of single users and services.
        rates: Vec<Rate<'a>>,
        /// `none`, `hours`, `fees`, `hours_per_month`, `fees_per_month`, or the vendor's word.
        budget_type: Option<Text<'a>>,
        /// Money.
        budget: Option<Decimal<'a>>,
        budget_hours: Option<Decimal<'a>>,
    }
}

record! {
    /// A company: an account, an organization, in one vendor also a private client.
    Company<'a> {
        name: Option<Text<'a>>,
        trading_name: Option<Text<'a>>,
        /// `company` or `person`.
        kind: Option<Text<'a>>,
        /// Only if `kind` is `person`.
        first_name: Option<Text<'a>>,
        /// Only if `kind` is `person`.
        last_name: Option<Text<'a>>,
        /// Customer number.
        number: Option<Text<'a>>,
        industry: Option<Text<'a>>,
        business_type: Option<Text<'a>>,
        number_of_employees: Option<Text<'a>>,
        annual_revenue: Option<Decimal<'a>>,
        currency: Option<Text<'a>>,
        tax_number: Option<Text<'a>>,
        tax_office: Option<Text<'a>>,
        emails: Vec<Email<'a>>,
        phone_numbers: Vec<Phone<'a>>,
        addresses: Vec<Address<'a>>,
        websites: Vec<Web<'a>>,
        social_links: Vec<Web<'a>>,
        dates: Vec<DateInfo<'a>>,
        /// The company that this one belongs to.
        parent: Option<Ref<'a>>,
        parent_owner: Option<Ref<'a>>,
        parent_territory: Option<Ref<'a>>,
        contacts: Vec<Ref<'a>>,
        status: Option<Text<'a>>,
        stage: Option<Stage<'a>>,
        lead_source: Option<Text<'a>>,
        lead_score: Option<Decimal<'a>>,
        rating: Option<Decimal<'a>>,
        language: Option<Text<'a>>,
        is_active: Option<bool>,
        is_archived: Option<bool>,
        photo_url: Option<Text<'a>>,
        description: Option<Text<'a>>,
        recent_note: Option<Text<'a>>,
        geo_locations: Vec<GeoLocation<'a>>,
        relationship_types: Vec<Stage<'a>>,
        regions: Vec<Stage<'a>>,
        territory: Option<Ref<'a>>,
        collaborators: Vec<Ref<'a>>,
        lists: Vec<Ref<'a>>,
        campaigns: Vec<Campaign<'a>>,
        active_sequences: Vec<Text<'a>>,
        completed_sequences: Vec<Text<'a>>,
        open_deals_amount: Option<Decimal<'a>>,
        won_deals_amount: Option<Decimal<'a>>,
        /// The company that this one was merged into.
        merged_into: Option<Ref<'a>>,
        is_deleted: Option<bool>,
        last_contacted_at: Option<Timestamp>,
        last_contacted_mode: Option<Text<'a>>,
        last_chat_at: Option<Timestamp>,
        last_called_at: Option<Timestamp>,
        last_emailed_at: Option<Timestamp>,
        /// The last mail of a campaign.
        last_campaign_emailed_at: Option<Timestamp>,
        /// When a user of the CRM last opened the record.
        last_viewed_at: Option<Timestamp>,
        last_viewed_by: Option<Ref<'a>>,
        last_activity_type: Option<Text<'a>>,
        next_activity_at: Option<Timestamp>,
        first_contacted_at: Option<Timestamp>,
        first_assigned_at: Option<Timestamp>,
        last_assigned_at: Option<Timestamp>,
        /// How work is billed: `none`, `hourly_rate`, or the vendor's word.
        billing_type: Option<Text<'a>>,
        /// Money per hour.
        rate: Option<Decimal<'a>>,
        /// Hourly rates of single users and services.
        rates: Vec<Rate<'a>>,
        /// `none`, `hours`, `fees`, `hours_per_month`, `fees_per_month`, or the vendor's word.
        budget_type: Option<Text<'a>>,
        /// Money.
        budget: Option<Decimal<'a>>,
        budget_hours: Option<Decimal<'a>>,
    }
}

record! {
    /// A person or company that may become a customer.
    Lead<'a> {
        name: Option<Text<'a>>,
        first_name: Option<Text<'a>>,
        last_name: Option<Text<'a>>,
        /// The subject of the lead.
        subject: Option<Text<'a>>,
        /// Job title.
        title: Option<Text<'a>>,
        department: Option<Text<'a>>,
        company_name: Option<Text<'a>>,
        company: Option<Ref<'a>>,
        industry: Option<Text<'a>>,
        number_of_employees: Option<Text<'a>>,
        annual_revenue: Option<Decimal<'a>>,
        emails: Vec<Email<'a>>,
        phone_numbers: Vec<Phone<'a>>,
        addresses: Vec<Address<'a>>,
        websites: Vec<Web<'a>>,
        social_links: Vec<Web<'a>>,
        dates: Vec<DateInfo<'a>>,
        amount: Option<Decimal<'a>>,
        currency: Option<Text<'a>>,
        stage: Option<Stage<'a>>,
        status: Option<Text<'a>>,
        status_reason: Option<Text<'a>>,
        source: Option<Text<'a>>,
        /// The vendor's own list entry for `source`, if its customer maintains that list.
        source_id: Option<Text<'a>>,
        rating: Option<Decimal<'a>>,
        score: Option<Decimal<'a>>,
        /// `hot`, `warm`, `cold`, or the vendor's word.
        quality: Option<Text<'a>>,
        is_converted: Option<bool>,
        is_archived: Option<bool>,
        is_deleted: Option<bool>,
        is_active: Option<bool>,
        qualified_by: Option<Ref<'a>>,
        qualified_at: Option<Timestamp>,
        converted_at: Option<Timestamp>,
        tax_number: Option<Text<'a>>,
        tax_office: Option<Text<'a>>,
        time_zone: Option<Text<'a>>,
        do_not_disturb: Option<bool>,
        photo_url: Option<Text<'a>>,
        description: Option<Text<'a>>,
        recent_note: Option<Text<'a>>,
        relationship_types: Vec<Stage<'a>>,
        regions: Vec<Stage<'a>>,
        territory: Option<Ref<'a>>,
        collaborators: Vec<Ref<'a>>,
        campaign: Option<Ref<'a>>,
        medium: Option<Text<'a>>,
        keyword: Option<Text<'a>>,
        /// The person that the lead is about, or became.
        contact: Option<Ref<'a>>,
        /// The deal that the lead would become.
        deal: Option<Ref<'a>>,
        products: Vec<Ref<'a>>,
        last_contacted_at: Option<Timestamp>,
        last_contacted_mode: Option<Text<'a>>,
        last_chat_at: Option<Timestamp>,
        last_seen_at: Option<Timestamp>,
        first_contacted_at: Option<Timestamp>,
        first_assigned_at: Option<Timestamp>,
        last_assigned_at: Option<Timestamp>,
        stage_changed_at: Option<Timestamp>,
        expected_close_date: Option<Date>,
    }
}

record! {
    /// A user of the CRM.
    User<'a> {
        name: Option<Text<'a>>,
        first_name: Option<Text<'a>>,
        last_name: Option<Text<'a>>,
        email: Option<Text<'a>>,
        /// `online` or `offline`.
        status: Option<Text<'a>>,
        team: Option<Ref<'a>>,
        title: Option<Text<'a>>,
        language: Option<Text<'a>>,
        time_zone: Option<Text<'a>>,
        is_active: Option<bool>,
        phone_numbers: Vec<Phone<'a>>,
        photo_url: Option<Text<'a>>,
        /// The user's own entry among the contacts.
        contact: Option<Ref<'a>>,
        role: Option<Stage<'a>>,
        /// The team's cost for an hour of the user's work.
        cost_rate: Option<Decimal<'a>>,
        last_login_at: Option<Timestamp>,
        /// The currency that the user's new deals have.
        currency: Option<Text<'a>>,
        /// The task that the user is working on.
        current_task: Option<Ref<'a>>,
    }
}
