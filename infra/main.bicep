// Nightjar in Azure: one function app, one storage account, one identity, one log.
// main.json is the same template without Bicep; deploy.sh deploys main.json. A test fails if they
// differ: after a change here, `python -m tests.infra.bicep` writes main.json again.

@description('The function app\'s name, which is the first part of its URL. The other names derive from it.')
@minLength(3)
@maxLength(40)
param name string

@description('The region. It must have Flex Consumption: az functionapp list-flexconsumption-locations')
param location string = resourceGroup().location

@description('The owner\'s first password for the gallery.')
@secure()
@minLength(10)
@maxLength(200)
param galleryPassword string

@description('The token with which programs read photos: 16 or more random letters and digits.')
@secure()
@minLength(16)
param readToken string

@description('The token with which programs may do everything. Empty: there is none.')
@secure()
param adminToken string = ''

@description('The address of the gallery, if a proxy before it rewrites Host, or the app has a domain of its own. Empty: the app\'s address.')
param publicUrl string = ''

@description('How many proxies add to X-Forwarded-For, Azure\'s own included. Empty: Azure\'s alone.')
param trustedProxyCount string = ''

@description('Origins of pages that may call the API with a token, such as https://app.example, with commas between them. Empty: none.')
param corsOrigins string = ''

@description('Push services beside those of the usual browsers, as hosts with commas between them. Empty: none.')
param pushHosts string = ''

@description('Private addresses and networks that notifications may reach, with commas between them. Empty: none.')
param channelNetworks string = ''

@description('1: the SDK makes every storage request. Empty: some are written by hand, which is faster.')
@allowed([
  ''
  '0'
  '1'
])
param storageSdkOnly string = ''

@description('Python\'s version in Azure. requirements.txt has a line for each.')
@allowed([
  '3.11'
  '3.12'
  '3.13'
])
param pythonVersion string = '3.13'

@description('Memory of an instance, in MB. 512 is the cheapest, and too small for several photos of 30 MB at once.')
@allowed([
  512
  2048
  4096
])
param instanceMemoryMB int = 512

@description('The maximum number of instances, which also limits what an attack can cost.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Requests that one instance works on at once, and its threads. Azure\'s default is one. A body is in memory up to three times in the worker: eight of 32 MB are about 800 MB.')
@minValue(1)
@maxValue(64)
param concurrency int = 8

@description('The largest photo that the backend accepts, in MB. Azure\'s own limit is 100 MB.')
@minValue(1)
@maxValue(95)
param maxPhotoMB int = 32

@description('How long the backend keeps photos: 120d, or forever, or with values for single cameras: 120d,gate=30d')
param retention string = '120d'

@description('After this number of days storage itself deletes photos, if the backend has not. A week more than the longest retention. 0: never.')
@minValue(0)
@maxValue(36500)
param netDays int = 127

@description('For this number of days a deleted photo can be restored, and is paid for.')
@minValue(1)
@maxValue(365)
param softDeleteDays int = 7

@description('Above 0 there is a container "evidence" in which nothing can be changed or deleted for this number of days.')
@minValue(0)
@maxValue(36500)
param evidenceDays int = 0

@description('The daily cap of the log in GB, as text because Bicep has no fractions.')
param dailyLogGB string = '0.1'

@description('The id of an Entra app registration: then the gallery also requires a Microsoft sign-in. Empty: it does not.')
param entraClientId string = ''

@description('The object id of the person who may look at photos and rows in Storage Explorer. Empty: nobody.')
param readerId string = ''

// Names. The name of a storage account is unique in the world, so it gets a hash of the resource group.
var storageName = '${take(toLower(replace(name, '-', '')), 11)}${uniqueString(resourceGroup().id)}'
var packageContainer = 'app-package'

// Azure's built-in roles have these ids everywhere.
var blobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var blobDataReader = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
var tableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
var tableDataReader = '76199698-9eea-4c19-bc75-cec21354c6b6'
var queueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource storage 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: storageName
  location: location
  kind: 'StorageV2'
  sku: {
    name: 'Standard_LRS'
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false // without keys none can leak; all access is by identity
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: storage
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
  }
}

resource photos 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: 'photos'
  properties: {
    publicAccess: 'None'
  }
}

// Its blobs are read and written by devices, by links to one blob each. No rule below may delete them.
resource devices 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: 'devices'
  properties: {
    publicAccess: 'None'
  }
}

resource package 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: packageContainer
  properties: {
    publicAccess: 'None'
  }
}

resource evidence 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = if (evidenceDays > 0) {
  parent: blobs
  name: 'evidence'
  properties: {
    publicAccess: 'None'
  }
}

// Not locked: whoever may change the storage account can still remove it. Locking cannot be undone, so
// it is done by hand (README.md).
resource evidenceKept 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2023-05-01' = if (evidenceDays > 0) {
  parent: evidence
  name: 'default'
  properties: {
    immutabilityPeriodSinceCreationInDays: evidenceDays
  }
}

// Deletes old blobs if the backend's retention does not run; the weekly repair writes those that are
// protected anew (decision 126). It never deletes table rows: that is the
// backend's task. It is always here, since a policy that a later deployment leaves out would stay, and
// continue to delete.
resource net 'Microsoft.Storage/storageAccounts/managementPolicies@2023-05-01' = {
  parent: storage
  name: 'default'
  dependsOn: [
    blobs
  ]
  properties: {
    policy: {
      rules: [
        {
          name: 'photos-end'
          enabled: netDays > 0
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: [
                'blockBlob'
              ]
              prefixMatch: [
                'photos/'
                'thumbnails/'
              ]
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: max(netDays, 1)
                }
              }
            }
          }
        }
      ]
    }
  }
}

resource log 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${name}-log'
  location: location
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: 30
    workspaceCapping: {
      dailyQuotaGb: json(dailyLogGB)
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: name
  location: location
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: log.id
    DisableLocalAuth: true // the connection string alone does not permit writing
  }
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: '${name}-plan'
  location: location
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true // Linux
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  kind: 'functionapp,linux'
  identity: {
    type: 'SystemAssigned'
  }
  dependsOn: [
    package
  ]
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    siteConfig: {
      minTlsVersion: '1.2'
      appSettings: [
        {
          name: 'AzureWebJobsStorage__accountName' // access by identity: there is no key
          value: storage.name
        }
        {
          name: 'APPLICATIONINSIGHTS_CONNECTION_STRING'
          value: insights.properties.ConnectionString
        }
        {
          name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING'
          value: 'Authorization=AAD'
        }
        {
          name: 'PYTHON_THREADPOOL_THREAD_COUNT' // Python's default would be five
          value: string(concurrency)
        }
        {
          name: 'GALLERY_PASSWORD'
          value: galleryPassword
        }
        {
          name: 'READ_TOKEN'
          value: readToken
        }
        {
          name: 'ADMIN_TOKEN'
          value: adminToken
        }
        {
          name: 'PUBLIC_URL'
          value: publicUrl
        }
        {
          name: 'TRUSTED_PROXY_COUNT'
          value: trustedProxyCount
        }
        {
          name: 'CORS_ORIGINS'
          value: corsOrigins
        }
        {
          name: 'PUSH_HOSTS'
          value: pushHosts
        }
        {
          name: 'CHANNEL_NETWORKS'
          value: channelNetworks
        }
        {
          name: 'STORAGE_SDK_ONLY'
          value: storageSdkOnly
        }
        {
          name: 'RETENTION'
          value: retention
        }
        {
          name: 'MAX_PHOTO_MB'
          value: string(maxPhotoMB)
        }
      ]
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}${packageContainer}'
          authentication: {
            type: 'SystemAssignedIdentity'
          }
        }
      }
      runtime: {
        name: 'python'
        version: pythonVersion
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        triggers: {
          http: {
            perInstanceConcurrency: concurrency
          }
        }
      }
    }
  }
}

// Code is published with an identity too, never with a password.
resource noScmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

// These three change one site, which rejects (409) two changes at once: so one after another.
resource noFtpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'ftp'
  dependsOn: [
    noScmPassword
  ]
  properties: {
    allow: false
  }
}

// A Microsoft sign-in before the gallery. Devices have function keys and no Microsoft account, so their
// paths and the health check are excluded; the backend authorizes these requests as always.
resource signIn 'Microsoft.Web/sites/config@2024-04-01' = if (entraClientId != '') {
  parent: app
  name: 'authsettingsV2'
  dependsOn: [
    noFtpPassword
  ]
  properties: {
    platform: {
      enabled: true
    }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'RedirectToLoginPage'
      redirectToProvider: 'azureactivedirectory'
      excludedPaths: [
        '/api/camera/photo'
        '/api/alerts'
        '/api/health'
      ]
    }
    httpSettings: {
      requireHttps: true
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: entraClientId
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
        }
        validation: {
          allowedAudiences: [
            entraClientId
          ]
        }
      }
    }
    login: {
      tokenStore: {
        enabled: false
      }
    }
  }
}

// The app's roles. Owner of blobs, not contributor: the Functions host itself needs it. Contributor of queues:
// the app creates the queue of notifications, and the host the one of those that could not be handled.
// This role includes generateUserDelegationKey, by which the app signs links for devices.
resource appOwnsBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, app.id, blobDataOwner)
  scope: storage
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataOwner)
    principalId: app.identity.principalId
    principalType: 'ServicePrincipal'
  }
}

resource appWritesRows 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, app.id, tableDataContributor)
  scope: storage
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', tableDataContributor)
    principalId: app.identity.principalId
    principalType: 'ServicePrincipal'
  }
}

resource appUsesQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, app.id, queueDataContributor)
  scope: storage
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', queueDataContributor)
    principalId: app.identity.principalId
    principalType: 'ServicePrincipal'
  }
}

resource appWritesLog 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, app.id, metricsPublisher)
  scope: insights
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
    principalId: app.identity.principalId
    principalType: 'ServicePrincipal'
  }
}

resource readerSeesBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (readerId != '') {
  name: guid(storage.id, readerId, blobDataReader)
  scope: storage
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataReader)
    principalId: readerId
    principalType: 'User'
  }
}

resource readerSeesRows 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (readerId != '') {
  name: guid(storage.id, readerId, tableDataReader)
  scope: storage
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', tableDataReader)
    principalId: readerId
    principalType: 'User'
  }
}

output host string = app.properties.defaultHostName
output storageAccount string = storage.name
