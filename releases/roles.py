"""The roles that sign for a deployment (deployment checklist, "Sign-off"). Each is a Django group."""

from enum import StrEnum


class Role(StrEnum):
    """Who signs. The CTO signs last."""

    DEVELOPMENT_LEAD = "development_lead"
    DEVOPS = "devops"
    DBA = "dba"
    SECURITY = "security"
    PRODUCT_MANAGER = "product_manager"
    QA_LEAD = "qa_lead"
    CUSTOMER_SUCCESS = "customer_success"
    CTO = "cto"


# The group whose members sign for a role.
GROUPS = {
    Role.DEVELOPMENT_LEAD: "Development lead",
    Role.DEVOPS: "DevOps",
    Role.DBA: "Database administrator",
    Role.SECURITY: "Security engineer",
    Role.PRODUCT_MANAGER: "Product manager",
    Role.QA_LEAD: "QA lead",
    Role.CUSTOMER_SUCCESS: "Customer success",
    Role.CTO: "CTO",
}
